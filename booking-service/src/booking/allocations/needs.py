"""What services need, with the resources that may serve it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from booking.allocations.rules import Need
from booking.catalog.model import Resource, Service, resources_offering
from booking.errors import Archived, ResourceNotFound
from shared.persistence.transaction import Transaction

_REQUIRED = """
    SELECT s.id AS service_id, need.number, r.*
    FROM services s
    CROSS JOIN LATERAL jsonb_array_elements(s.requires) WITH ORDINALITY AS need (body, number)
    JOIN resources r ON r.tenant_id = s.tenant_id AND (
        r.kind = (CASE jsonb_typeof(body->'of') WHEN 'string' THEN body->>'of' END)
        OR jsonb_typeof(body->'of') = 'array' AND body->'of' ? r.id::text)
    WHERE s.id = ANY($1::uuid[]) AND s.requires IS NOT NULL
    ORDER BY r.created_at, r.id
"""
Needs = dict[tuple[UUID, UUID], list[Need]]
"""The needs of services, by tenant and service."""


async def required_by(driver: Any, services: Iterable[Service]) -> Needs:
    """What those services need that say so, with all the resources that they name, archived ones too."""
    asked = [service for service in services if service.requires]
    if not asked:
        return {}
    columns = [column.key for column in Resource.__table__.columns]
    found: dict[tuple[UUID, UUID, int], list[Resource]] = defaultdict(list)
    for row in await driver.fetch(_REQUIRED, [service.id for service in asked]):
        resource = Resource(**{column: row[column] for column in columns})
        found[row["tenant_id"], row["service_id"], row["number"]].append(resource)
    return {
        (service.tenant_id, service.id): [
            Need(requirement["quantity"], found[service.tenant_id, service.id, number])
            for number, requirement in enumerate(service.requires or [], 1)
        ]
        for service in asked
    }


def among(needs: Sequence[Need], resource_id: UUID | None) -> list[Need]:
    """The needs served by what is not archived, and by this resource at any rate, which comes first.

    Raises `ResourceNotFound` if it serves none of them, `Archived` if it is.
    """
    named: Resource | None = None
    first: list[Need] = []
    rest: list[Need] = []
    for need in needs:
        quantity = need.quantity
        mine = next((r for r in need.resources if r.id == resource_id), None)
        if mine is not None and named is None:
            named, quantity = mine, quantity - 1
            first = [Need(1, [mine])]
        left = [r for r in need.resources if r.archived_at is None and r.id != resource_id]
        if quantity:
            rest.append(Need(quantity, left))
    if resource_id is not None and named is None:
        raise ResourceNotFound("no such resource offers this service")
    if named is not None and named.archived_at:
        raise Archived("the resource is archived")
    return first + rest


async def needs_of(tx: Transaction, service: Service, resource_id: UUID | None = None) -> list[Need]:
    """What a booking of the service needs, with the resources that may serve it; with one named, that one at any rate.

    Raises `ResourceNotFound` if that one serves no need, `Archived` if it is.
    """
    if service.requires:
        required = await required_by(tx.driver, [service])
        return among(required[service.tenant_id, service.id], resource_id)
    return [Need(1, await resources_offering(tx.session, service.tenant_id, service.id, resource_id))]


async def named_resources(
    tx: Transaction, service: Service, needs: Sequence[Need], resource_ids: Sequence[UUID]
) -> list[Resource]:
    """These resources, in this order, if each of them may serve one of the service's needs.

    Raises `ResourceNotFound` for one that may not, `Archived` for one that is.
    """
    able = {resource.id: resource for resource in candidates(needs)}
    for resource_id in resource_ids:
        if resource_id not in able:
            await needs_of(tx, service, resource_id)  # says which of the two it is
            raise ResourceNotFound("no such resource offers this service")
    return [able[resource_id] for resource_id in resource_ids]


def candidates(needs: Iterable[Need]) -> list[Resource]:
    """All resources that may serve one of the needs, each once, in order."""
    return list({resource.id: resource for need in needs for resource in need.resources}.values())
