"""What the catalog can be asked."""

from typing import Any

from sqlalchemy import Select, select

from booking.catalog.model import Resource, Service, ServicePrice, Versioned, service_of, services_of
from booking.errors import ResourceNotFound
from shared.contracts.booking import catalog as contracts
from shared.contracts.booking.catalog import (
    Archived,
    GetResource,
    GetService,
    GetServicePrices,
    ListResources,
    ListServices,
    ResourceList,
    ServiceList,
    ServicePriceList,
)
from shared.contracts.money import Money
from shared.messaging.handlers import Handlers
from shared.persistence.paging import cut_to_size, page_of
from shared.persistence.transaction import Transaction

handlers = Handlers("booking")

PRICES_SHOWN = 100


@handlers.query(GetService)
async def get_service(query: GetService, tx: Transaction) -> contracts.Service:
    """One service."""
    return (await service_of(tx.session, query.tenant_id, query.service_id)).snapshot()


@handlers.query(ListServices)
async def list_services(query: ListServices, tx: Transaction) -> ServiceList:
    """A page of services, newest first."""
    statement = by_archive(select(Service).where(Service.tenant_id == query.tenant_id), Service, query.archived)
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
    statement = by_archive(select(Resource).where(Resource.tenant_id == query.tenant_id), Resource, query.archived)
    if query.location_id is not None:
        statement = statement.where(Resource.location_id == query.location_id)
    rows, cursor = await page_of(tx.session, statement, Resource, query)
    offered = await services_of(tx.session, query.tenant_id, [resource.id for resource in rows])
    found, cursor = cut_to_size([r.snapshot(offered.get(r.id, [])) for r in rows], cursor, query)
    return ResourceList(resources=found, next_cursor=cursor)


@handlers.query(GetServicePrices)
async def get_service_prices(query: GetServicePrices, tx: Transaction) -> ServicePriceList:
    """The prices that a service has and had, the newest first."""
    await service_of(tx.session, query.tenant_id, query.service_id)
    own = select(ServicePrice).where(
        ServicePrice.tenant_id == query.tenant_id, ServicePrice.service_id == query.service_id
    )
    rows = await tx.session.scalars(own.order_by(ServicePrice.version.desc()).limit(PRICES_SHOWN))
    return ServicePriceList(
        prices=[
            contracts.ServicePrice(
                version=row.version, price=Money(amount=row.amount, currency=row.currency), valid_from=row.valid_from
            )
            for row in rows
        ]
    )


def by_archive(statement: Select[Any], thing: type[Versioned], shown: Archived) -> Select[Any]:
    """A list without what is archived, of that alone, or of all."""
    if shown is Archived.ALL:
        return statement
    archived = thing.archived_at.is_not(None)
    return statement.where(archived if shown is Archived.YES else ~archived)
