"""What the catalog takes and refuses."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.contracts.booking.catalog import WeeklyHours
from shared.contracts.money import Money
from tests.service.booking.conftest import Tenant, code
from tests.support.client import in_days


@pytest.mark.parametrize(
    "wrong",
    [
        {"time_zone": "Mars/Olympus"},
        {"time_zone": "../../etc/passwd"},
        {"weekly_hours": [WeeklyHours(weekday=0, opens="24:00", closes="24:00")]},
        {"weekly_hours": [WeeklyHours(weekday=0, opens="9", closes="18:00")]},
        {"weekly_hours": [WeeklyHours(weekday=0, opens="09:00", closes="18:00")] * 2},
    ],
)
async def test_a_resource_that_makes_no_sense(tenant: Tenant, wrong: dict[str, Any]) -> None:
    outcome = await tenant.try_resource(**wrong)
    assert code(outcome) == "validation_error"


@pytest.mark.parametrize(
    ("price", "deposit_percent", "field"),
    [
        (Money(amount=12345, currency="kwd"), 0, "price.amount"),
        (Money(amount=150, currency="isk"), 0, "price.amount"),
        (Money(amount=49, currency="eur"), 30, "deposit_percent"),
        (Money(amount=9000, currency="irr"), 30, "deposit_percent"),
    ],
)
async def test_a_price_that_nobody_can_pay(tenant: Tenant, price: Money, deposit_percent: int, field: str) -> None:
    outcome = await tenant.try_service(price=price, deposit_percent=deposit_percent)
    assert code(outcome) == "validation_error"
    assert outcome.refusal is not None
    assert [error["field"] for error in outcome.refusal.extra["errors"]] == [field]


async def test_a_deposit_is_raised_to_what_can_be_paid_and_says_so(tenant: Tenant) -> None:
    service = (await tenant.try_service(price=Money(amount=100, currency="eur"), deposit_percent=30)).result
    assert service is not None
    assert service["deposit"] == {"amount": 50, "currency": "eur"}
    await tenant.resource(UUID(service["id"]))
    booking = (await tenant.book(UUID(service["id"]), in_days(3))).result
    assert booking is not None
    assert (booking["deposit"]["amount"], booking["status"]) == (50, "pending_payment")


async def test_a_resource_for_a_foreign_service(tenant: Tenant) -> None:
    assert code(await tenant.try_resource(uuid4())) == "service_not_found"
