"""What the catalog takes and refuses."""

from typing import Any
from uuid import uuid4

import pytest

from shared.contracts.booking.catalog import WeeklyHours
from tests.service.booking.conftest import Tenant, code


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


async def test_a_resource_for_a_foreign_service(tenant: Tenant) -> None:
    assert code(await tenant.try_resource(uuid4())) == "service_not_found"
