"""What the catalog can be asked."""

from sqlalchemy import select

from booking.catalog.model import Resource, Service, service_of, services_of
from booking.errors import ResourceNotFound
from shared.contracts.booking import catalog as contracts
from shared.contracts.booking.catalog import (
    GetResource,
    GetService,
    ListResources,
    ListServices,
    ResourceList,
    ServiceList,
)
from shared.messaging.handlers import Handlers
from shared.persistence.paging import cut_to_size, page_of
from shared.persistence.transaction import Transaction

handlers = Handlers("booking")


@handlers.query(GetService)
async def get_service(query: GetService, tx: Transaction) -> contracts.Service:
    """One service."""
    return (await service_of(tx.session, query.tenant_id, query.service_id)).snapshot()


@handlers.query(ListServices)
async def list_services(query: ListServices, tx: Transaction) -> ServiceList:
    """A page of services, newest first."""
    statement = select(Service).where(Service.tenant_id == query.tenant_id)
    rows, cursor = await page_of(tx.session, statement, Service, query)
    found, cursor = cut_to_size([service.snapshot() for service in rows], cursor, query)
    return ServiceList(services=found, next_cursor=cursor)


@handlers.query(GetResource)
async def get_resource(query: GetResource, tx: Transaction) -> contracts.Resource:
    """One resource."""
    resource = await tx.session.get(Resource, (query.tenant_id, query.resource_id))
    if resource is None:
        raise ResourceNotFound("no such resource")
    offered = await services_of(tx.session, query.tenant_id, [resource.id])
    return resource.snapshot(offered.get(resource.id, []))


@handlers.query(ListResources)
async def list_resources(query: ListResources, tx: Transaction) -> ResourceList:
    """A page of resources, newest first."""
    statement = select(Resource).where(Resource.tenant_id == query.tenant_id)
    rows, cursor = await page_of(tx.session, statement, Resource, query)
    offered = await services_of(tx.session, query.tenant_id, [resource.id for resource in rows])
    found, cursor = cut_to_size([r.snapshot(offered.get(r.id, [])) for r in rows], cursor, query)
    return ResourceList(resources=found, next_cursor=cursor)
