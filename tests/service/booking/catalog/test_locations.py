"""Locations: made, changed, put away; the resources there, and which clock they keep."""

import asyncio
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.contracts.base import Outcome
from shared.contracts.booking.bookings import GetBooking
from shared.contracts.booking.catalog import ArchiveResource, ChangeResource, GetResource, ListResources, Resource
from shared.contracts.booking.locations import (
    Address,
    ArchiveLocation,
    ChangeLocation,
    CreateLocation,
    GetLocation,
    ListLocations,
    Location,
    RestoreLocation,
)
from shared.messaging import rpc
from tests.service.booking.conftest import Tenant, booking_id, code

PARIS, TOKYO, LIMA = "Europe/Paris", "Asia/Tokyo", "America/Lima"


async def place(tenant: Tenant, time_zone: str = PARIS, **members: Any) -> UUID:
    """A location that is made."""
    fields = {"name": "Depot", "address": Address(lines=["1 rue Haute"], locality="Lyon", country="FR")} | members
    outcome = await tenant.ask(CreateLocation, time_zone=time_zone, **fields)
    assert outcome.status == 201, outcome
    assert outcome.result
    return UUID(outcome.result["id"])


def result(outcome: Outcome) -> dict[str, Any]:
    assert outcome.result, outcome
    return outcome.result


async def shown(tenant: Tenant, location: UUID) -> Location:
    return await rpc.call(tenant.broker, GetLocation(tenant_id=tenant.id, location_id=location))


async def resource_of(tenant: Tenant, resource: UUID) -> Resource:
    return await rpc.call(tenant.broker, GetResource(tenant_id=tenant.id, resource_id=resource))


async def facts(tenant: Tenant) -> list[str]:
    """The kinds of events about the catalog, in order."""
    return [kind.split(".")[1] for kind, _ in await tenant.events() if kind.split(".")[1].endswith("_changed")]


async def test_a_location_is_made_changed_put_away_and_brought_back(tenant: Tenant) -> None:
    made = await place(tenant)
    address = {"locality": None, "region": "ARA"}
    changed = result(await tenant.ask(ChangeLocation, made, name="Depot B", address=address))
    assert changed["address"] == {
        "lines": ["1 rue Haute"], "locality": None, "postal_code": None, "region": "ARA", "country": "FR",
    }  # fmt: skip
    assert (changed["name"], changed["time_zone"], changed["version"]) == ("Depot B", PARIS, 2)
    assert result(await tenant.ask(ChangeLocation, made, name="Depot B"))["version"] == 2
    for kind, version in ((ArchiveLocation, 3), (ArchiveLocation, 3), (RestoreLocation, 4)):
        assert result(await tenant.ask(kind, made))["version"] == version
    assert (await shown(tenant, made)).version == 4
    assert await facts(tenant) == ["location_changed"] * 3


@pytest.mark.parametrize("kind", [ChangeLocation, ArchiveLocation, RestoreLocation])
async def test_who_did_not_see_the_last_change_changes_nothing(tenant: Tenant, kind: Any) -> None:
    made = await place(tenant)
    assert code(await tenant.ask(kind, made, expected_versions=[7])) == "version_conflict"
    assert code(await tenant.ask(kind, uuid4())) == "location_not_found"
    assert (await shown(tenant, made)).version == 1


async def test_the_list_leaves_out_what_is_archived(tenant: Tenant) -> None:
    first, second = [await place(tenant) for _ in range(2)]
    await tenant.ask(ArchiveLocation, first)
    for archived, expected in (("false", [second]), ("true", [first]), ("all", [second, first])):
        page = await rpc.call(tenant.broker, ListLocations(tenant_id=tenant.id, archived=archived))
        assert [location.id for location in page.locations] == expected


async def test_a_resource_keeps_the_clock_of_its_location_unless_it_has_its_own(tenant: Tenant) -> None:
    lyon, tokyo = await place(tenant), await place(tenant, TOKYO)
    follows = await tenant.resource(location_id=tokyo, time_zone="")
    owns = await tenant.resource(location_id=tokyo, time_zone=LIMA)
    assert [(await resource_of(tenant, each)).time_zone for each in (follows, owns)] == [TOKYO, LIMA]
    moved = result(await tenant.ask(ChangeResource, owns, location_id=lyon))
    assert (moved["location_id"], moved["time_zone"], moved["version"]) == (str(lyon), PARIS, 2)
    named = result(await tenant.ask(ChangeResource, owns, location_id=tokyo, time_zone=LIMA))
    assert (named["location_id"], named["time_zone"]) == (str(tokyo), LIMA)
    again = result(await tenant.ask(ChangeResource, owns, location_id=tokyo))
    assert (again["time_zone"], again["version"]) == (LIMA, named["version"]), "it is there already"
    there = await rpc.call(tenant.broker, ListResources(tenant_id=tenant.id, location_id=tokyo))
    assert {resource.id for resource in there.resources} == {follows, owns}
    nowhere = await rpc.call(tenant.broker, ListResources(tenant_id=tenant.id, location_id=lyon))
    assert nowhere.resources == []


async def test_resources_follow_their_location_to_another_zone_and_bookings_stay(
    tenant: Tenant, soon: datetime
) -> None:
    tokyo = await place(tenant, TOKYO)
    service = await tenant.service()
    follows = await tenant.resource(service, location_id=tokyo, time_zone="")
    owns = await tenant.resource(location_id=tokyo, time_zone=LIMA)
    elsewhere = await tenant.resource(time_zone=TOKYO)
    booked = booking_id(await tenant.book(service, soon, follows))
    await tenant.ask(ChangeLocation, tokyo, time_zone=PARIS)
    found = [(await resource_of(tenant, each)).time_zone for each in (follows, owns, elsewhere)]
    assert found == [PARIS, LIMA, TOKYO]
    assert (await resource_of(tenant, follows)).service_ids == [service]
    assert await facts(tenant) == ["location_changed", "resource_changed"]
    booking = await rpc.call(tenant.broker, GetBooking(tenant_id=tenant.id, booking_id=booked))
    assert booking.starts_at == soon


async def test_where_no_resource_can_be_put(tenant: Tenant) -> None:
    archived, resource = await place(tenant), await tenant.resource()
    await tenant.ask(ArchiveLocation, archived)
    foreign = await place(Tenant(tenant.broker, tenant.database, outcome_to=tenant.outcome_to, waiting=tenant.waiting))
    for location in (archived, uuid4(), foreign):
        for outcome in (
            await tenant.try_resource(location_id=location),
            await tenant.ask(ChangeResource, resource, location_id=location),
        ):
            assert code(outcome) == "validation_error"
            assert outcome.refusal
            assert [error["field"] for error in outcome.refusal.extra["errors"]] == ["location_id"]
    assert (await resource_of(tenant, resource)).location_id is None


async def test_those_that_are_there_stay_when_it_is_put_away(tenant: Tenant, soon: datetime) -> None:
    tokyo, service = await place(tenant, TOKYO), await tenant.service()
    resource = await tenant.resource(service, location_id=tokyo, time_zone="")
    await tenant.ask(ArchiveLocation, tokyo)
    assert code(await tenant.book(service, soon, resource)) == "201"
    assert result(await tenant.ask(ChangeResource, resource, name="Team B"))["location_id"] == str(tokyo)
    assert result(await tenant.ask(ArchiveResource, resource))["archived_at"]


async def test_a_location_and_its_resources_changed_at_once_agree_in_the_end(tenant: Tenant) -> None:
    """Whoever comes to a location while its zone changes keeps the new one, whichever was first."""
    for _ in range(5):
        there = await place(tenant, TOKYO)
        coming = [await tenant.resource() for _ in range(4)]
        outcomes = await asyncio.gather(
            *(tenant.ask(ChangeResource, each, location_id=there) for each in coming[:2]),
            tenant.ask(ChangeLocation, there, time_zone=LIMA),
            *(tenant.ask(ChangeResource, each, location_id=there) for each in coming[2:]),
        )
        assert {outcome.status for outcome in outcomes} == {200}
        assert {(await resource_of(tenant, each)).time_zone for each in coming} == {LIMA}
