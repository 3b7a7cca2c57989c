"""When a time off is on whose clock, and which times make no sense."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from booking.calendars.model import TimeOff, TimesOff
from booking.catalog.hours import instant_at
from booking.catalog.model import Resource
from booking.errors import InvalidCommand
from shared.contracts.booking.calendars import AddTimeOff
from shared.identifiers import new_id

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
ANN, BOB = sorted((uuid4(), uuid4()))


def asked(**members: Any) -> AddTimeOff:
    return AddTimeOff(id=new_id(), tenant_id=new_id(), subject_id=new_id(), received_at=NOW, **members)


def on(zone: str, first: str, last: str) -> list[str]:
    """The two ends of a time off in dates, on the clock of a resource in that zone."""
    time_off = TimeOff.of(asked(first_date=date.fromisoformat(first), last_date=date.fromisoformat(last)), NOW)
    period = time_off.range_on(ANN, zone)
    assert period
    return [instant_at(seconds).isoformat() for seconds in period]


@pytest.mark.parametrize(
    ("zone", "first", "last", "expected"),
    [
        ("UTC", "2027-12-24", "2027-12-24", ["2027-12-24T00:00:00+00:00", "2027-12-25T00:00:00+00:00"]),
        ("Europe/Paris", "2027-03-28", "2027-03-28", ["2027-03-27T23:00:00+00:00", "2027-03-28T22:00:00+00:00"]),
        ("Europe/Paris", "2027-10-31", "2027-11-01", ["2027-10-30T22:00:00+00:00", "2027-11-01T23:00:00+00:00"]),
        ("Pacific/Kiritimati", "2027-06-01", "2027-06-01", ["2027-05-31T10:00:00+00:00", "2027-06-01T10:00:00+00:00"]),
        ("Etc/GMT+12", "2027-06-01", "2027-06-01", ["2027-06-01T12:00:00+00:00", "2027-06-02T12:00:00+00:00"]),
        # In Havana the clocks go back from 01:00 to 00:00: that day's midnight comes twice, and it has 25 hours.
        ("America/Havana", "2027-11-07", "2027-11-07", ["2027-11-07T04:00:00+00:00", "2027-11-08T05:00:00+00:00"]),
    ],
)
def test_dates_are_whole_days_of_the_resources_own_zone(zone: str, first: str, last: str, expected: list[str]) -> None:
    assert on(zone, first, last) == expected


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12", "Asia/Kolkata", "America/Havana"])
def test_the_bounds_hold_in_every_zone(zone: str) -> None:
    time_off = TimeOff.of(asked(first_date=date(2027, 6, 1), last_date=date(2027, 6, 3)), NOW)
    period = time_off.range_on(ANN, zone)
    assert period
    assert time_off.begins_at <= instant_at(period[0]) < instant_at(period[1]) <= time_off.reaches_at


def test_instants_are_the_same_everywhere_and_parts_of_a_second_count() -> None:
    start, end = NOW + timedelta(hours=1, microseconds=5), NOW + timedelta(hours=2, microseconds=5)
    time_off = TimeOff.of(asked(starts_at=start, ends_at=end), NOW)
    period = time_off.range_on(ANN, "Asia/Kolkata")
    assert period == time_off.range_on(BOB, "UTC")
    assert period
    assert [instant_at(seconds) for seconds in period] == [
        NOW + timedelta(hours=1),
        NOW + timedelta(hours=2, seconds=1),
    ]


def test_it_is_for_whom_it_names_or_for_all() -> None:
    tenant, other = new_id(), new_id()
    hour = {"starts_at": NOW + timedelta(hours=1), "ends_at": NOW + timedelta(hours=2)}
    named = TimeOff.of(asked(**hour, resource_ids=[BOB, ANN, BOB]), NOW)
    assert named.resource_ids == [ANN, BOB]
    assert named.range_on(uuid4(), "UTC") is None
    rows = [vars(TimeOff.of(asked(**hour, resource_ids=ids), NOW)) | {"tenant_id": tenant} for ids in ([ANN], None)]
    times_off = TimesOff(rows)
    ann, bob = (Resource(tenant_id=tenant, id=who, time_zone="UTC") for who in (ANN, BOB))
    assert (len(times_off.of(ann)), len(times_off.of(bob))) == (2, 1)
    assert times_off.of(Resource(tenant_id=other, id=ANN, time_zone="UTC")) == []
    assert times_off.meet(bob, NOW + timedelta(minutes=90), NOW + timedelta(hours=5))
    assert not times_off.meet(bob, NOW + timedelta(hours=2), NOW + timedelta(hours=5))


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({}, "starts_at"),
        ({"starts_at": NOW}, "ends_at"),
        ({"ends_at": NOW}, "starts_at"),
        ({"starts_at": NOW, "ends_at": NOW}, "ends_at"),
        ({"first_date": date(2027, 5, 1)}, "last_date"),
        ({"last_date": date(2027, 5, 1)}, "first_date"),
        ({"first_date": date(2027, 5, 2), "last_date": date(2027, 5, 1)}, "last_date"),
        ({"first_date": date(2027, 5, 1), "last_date": date(2027, 5, 2), "ends_at": NOW}, "first_date"),
        ({"first_date": date(2020, 5, 1), "last_date": date(2020, 5, 2)}, "last_date"),
        ({"starts_at": NOW - timedelta(days=2), "ends_at": NOW - timedelta(days=1)}, "ends_at"),
        ({"first_date": date(2027, 5, 1), "last_date": date(2037, 5, 2)}, "last_date"),
        ({"starts_at": NOW + timedelta(days=2000), "ends_at": NOW + timedelta(days=2001)}, "starts_at"),
        ({"first_date": date.max - timedelta(days=1), "last_date": date.max}, "first_date"),
        ({"first_date": date.min, "last_date": date.max}, "first_date"),
    ],
)
def test_what_makes_no_sense(members: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidCommand) as refused:
        TimeOff.of(asked(**members), NOW)
    assert refused.value.extra["errors"][0]["field"] == field
