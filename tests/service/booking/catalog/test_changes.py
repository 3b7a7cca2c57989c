"""What is in the catalog can be changed and put away; bookings keep what they were made under."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.contracts.booking.availability import FindSlots
from shared.contracts.booking.bookings import GetBooking
from shared.contracts.booking.catalog import (
    Archived,
    ArchiveResource,
    ArchiveService,
    ChangeResource,
    ChangeService,
    GetServicePrices,
    ListResources,
    ListServices,
    OverrideHours,
    RestoreResource,
    RestoreService,
    WeeklyHours,
)
from shared.contracts.money import Money
from shared.messaging import rpc
from tests.service.booking.conftest import Tenant, booking_id, code

HOUR = timedelta(hours=1)


async def facts(tenant: Tenant, kind: str) -> list[dict[str, Any]]:
    return [body for type_, body in await tenant.events() if type_ == f"booking.{kind}.v1"]


async def shown(tenant: Tenant, kind: type[ListServices] | type[ListResources], archived: Archived) -> list[UUID]:
    answer: Any = await rpc.call(tenant.broker, kind(tenant_id=tenant.id, archived=archived))
    return [thing.id for thing in (answer.services if kind is ListServices else answer.resources)]


async def test_a_service_gets_other_members_and_says_so_once(tenant: Tenant) -> None:
    service = await tenant.service()
    changed = await tenant.ask(ChangeService, service, name="Deep clean", duration_minutes=90, expected_versions=[1])
    assert changed.result
    assert (changed.result["name"], changed.result["duration_minutes"], changed.result["version"]) == (
        "Deep clean",
        90,
        2,
    )
    assert changed.result["price"] == {"amount": 9000, "currency": "eur"}
    again = await tenant.ask(ChangeService, service, name="Deep clean")
    assert again.result == changed.result
    assert [fact["service"] for fact in await facts(tenant, "service_changed")] == [changed.result]
    stale = await tenant.ask(ChangeService, service, name="Deeper", expected_versions=[1])
    assert (code(stale), stale.refusal and stale.refusal.extra) == ("version_conflict", {"version": 2})
    assert code(await tenant.ask(ChangeService, uuid4(), name="x")) == "service_not_found"


async def test_a_booking_keeps_the_price_that_it_was_made_under(tenant: Tenant, soon: datetime) -> None:
    service = await tenant.service()
    await tenant.resource(service)
    first = booking_id(await tenant.book(service, soon))
    await tenant.ask(ChangeService, service, price=Money(amount=12000, currency="eur"))
    await tenant.ask(ChangeService, service, buffer_after_minutes=5)
    second = booking_id(await tenant.book(service, soon + 3 * HOUR))
    await tenant.reschedule(first, soon + 6 * HOUR)
    kept = [await rpc.call(tenant.broker, GetBooking(tenant_id=tenant.id, booking_id=b)) for b in (first, second)]
    assert [(booking.price.amount, booking.price_version) for booking in kept] == [(9000, 1), (12000, 2)]
    prices = (await rpc.call(tenant.broker, GetServicePrices(tenant_id=tenant.id, service_id=service))).prices
    assert [(price.version, price.price.amount) for price in prices] == [(2, 12000), (1, 9000)]
    assert prices[0].valid_from > prices[1].valid_from


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"price": Money(amount=12345, currency="kwd")}, "price.amount"),
        ({"price": Money(amount=30, currency="eur"), "deposit_percent": 50}, "deposit_percent"),
    ],
)
async def test_a_change_is_held_to_the_rules_of_money(tenant: Tenant, members: dict[str, Any], field: str) -> None:
    service = await tenant.service()
    refused = await tenant.ask(ChangeService, service, **members)
    assert refused.refusal
    assert refused.refusal.extra["errors"][0]["field"] == field
    assert await facts(tenant, "service_changed") == []


async def test_what_is_archived_is_offered_no_more_and_keeps_its_bookings(tenant: Tenant, soon: datetime) -> None:
    service = await tenant.service()
    await tenant.resource(service)
    booking = booking_id(await tenant.book(service, soon))
    for _ in range(2):
        archived = await tenant.ask(ArchiveService, service)
        assert archived.result
        assert (archived.result["version"], bool(archived.result["archived_at"])) == (2, True)
    assert len(await facts(tenant, "service_changed")) == 1
    assert code(await tenant.book(service, soon + 3 * HOUR)) == "archived"
    with pytest.raises(rpc.Rejected) as refused:
        await rpc.call(
            tenant.broker, FindSlots(tenant_id=tenant.id, service_id=service, from_=soon, to=soon + 5 * HOUR)
        )
    assert refused.value.refusal.code == "archived"
    assert await shown(tenant, ListServices, Archived.NO) == []
    assert (
        await shown(tenant, ListServices, Archived.YES) == await shown(tenant, ListServices, Archived.ALL) == [service]
    )
    assert code(await tenant.reschedule(booking, soon + 4 * HOUR)) == "200"
    for _ in range(2):
        restored = await tenant.ask(RestoreService, service)
        assert restored.result
        assert (restored.result["version"], restored.result["archived_at"]) == (3, None)
    assert code(await tenant.book(service, soon)) == "201"


async def test_an_archived_resource_takes_nothing_new(tenant: Tenant, soon: datetime) -> None:
    service = await tenant.service()
    ann, bob = [await tenant.resource(service) for _ in range(2)]
    booking = booking_id(await tenant.book(service, soon, ann))
    await tenant.ask(ArchiveResource, ann)
    assert code(await tenant.book(service, soon + HOUR, ann)) == "archived"
    anybody = await tenant.book(service, soon + HOUR)
    assert anybody.result
    assert anybody.result["resource_id"] == str(bob)
    asked = FindSlots(tenant_id=tenant.id, service_id=service, from_=soon + 2 * HOUR, to=soon + 3 * HOUR)
    assert {who for slot in (await rpc.call(tenant.broker, asked)).slots for who in slot.resource_ids} == {bob}
    assert code(await tenant.reschedule(booking, soon + 2 * HOUR)) == "archived"
    moved = await tenant.reschedule(booking, soon + 2 * HOUR, resource_id=bob)
    assert code(moved) == "200"
    assert await shown(tenant, ListResources, Archived.NO) == [bob]
    await tenant.ask(RestoreResource, ann)
    assert code(await tenant.book(service, soon + HOUR, ann)) == "201"


async def test_a_resource_offers_other_services_and_keeps_other_hours(tenant: Tenant, soon: datetime) -> None:
    first, second = [await tenant.service() for _ in range(2)]
    ann = await tenant.resource(first, time_zone="UTC")
    changed = await tenant.ask(ChangeResource, ann, service_ids=[second], name="Ann")
    assert changed.result
    assert (changed.result["service_ids"], changed.result["version"]) == ([str(second)], 2)
    assert code(await tenant.book(first, soon)) == "outside_hours"
    assert code(await tenant.book(first, soon, ann)) == "resource_not_found"
    assert code(await tenant.book(second, soon, ann)) == "201"
    again = await tenant.ask(ChangeResource, ann, service_ids=[second, second])
    assert again.result == changed.result
    both = await tenant.ask(ChangeResource, ann, service_ids=[first, second])
    assert both.result
    assert (sorted(both.result["service_ids"]), both.result["version"]) == (sorted(map(str, (first, second))), 3)
    noon = soon.replace(hour=12) + timedelta(days=1)
    hours = [WeeklyHours(weekday=noon.weekday(), opens="09:00", closes="12:00")]
    assert code(await tenant.ask(ChangeResource, ann, weekly_hours=hours)) == "200"
    assert code(await tenant.book(first, noon - HOUR, ann)) == "201"
    assert code(await tenant.book(first, noon, ann)) == "outside_hours"
    assert code(await tenant.ask(ChangeResource, ann, time_zone="Etc/GMT+2")) == "200"  # two hours behind
    assert code(await tenant.book(first, noon + HOUR, ann)) == "201"
    assert [fact["resource"]["version"] for fact in await facts(tenant, "resource_changed")] == [2, 3, 4, 5]


@pytest.mark.parametrize(
    ("members", "refusal"),
    [
        ({"time_zone": "Mars/Olympus"}, "validation_error"),
        ({"weekly_hours": [WeeklyHours(weekday=0, opens="09:00", closes="18:00")] * 2}, "validation_error"),
        ({"service_ids": [uuid4()]}, "service_not_found"),
        ({"name": "x", "expected_versions": [7]}, "version_conflict"),
        ({"name": "x", "expected_versions": []}, "version_conflict"),
    ],
)
async def test_a_change_of_a_resource_that_is_refused_changes_nothing(
    tenant: Tenant, members: dict[str, Any], refusal: str
) -> None:
    ann = await tenant.resource()
    assert code(await tenant.ask(ChangeResource, ann, **members)) == refusal
    assert await facts(tenant, "resource_changed") == []
    assert code(await tenant.ask(ChangeResource, uuid4(), name="x")) == "resource_not_found"


async def test_hours_of_a_date_are_a_change_too(tenant: Tenant, soon: datetime) -> None:
    ann = await tenant.resource()
    for _ in range(2):
        outcome = await tenant.ask(OverrideHours, ann, date=soon.date(), windows=[])
        assert outcome.result
        assert outcome.result["version"] == 2
    assert len(await facts(tenant, "resource_changed")) == 1
    assert (
        code(await tenant.ask(OverrideHours, ann, date=soon.date(), windows=[], expected_versions=[1]))
        == "version_conflict"
    )
