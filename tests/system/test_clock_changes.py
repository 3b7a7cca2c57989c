"""What the API, mails and calendar files say around every change of the clocks, beside a reckoning of our tests' own.

The reckoning reads the rule at the end of each zone's file (RFC 9636 §3.3), and uses no library of zones.
"""

import asyncio
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from importlib.resources import files
from typing import Any

import httpx
import pytest
from icalendar import Calendar

from devstack.servers import REPOSITORY
from devstack.stack import Stack
from tests.support.client import Api
from tests.support.eventually import eventually
from tests.system.conftest import Outside

YEAR = 2027
ZONES = [
    "Africa/Cairo", "America/Anchorage", "America/Chicago", "America/Denver", "America/Halifax", "America/Miquelon",
    "America/Los_Angeles", "America/New_York", "Europe/Lisbon", "America/St_Johns", "Antarctica/Troll",
    "Asia/Beirut", "Asia/Jerusalem", "Australia/Adelaide", "Australia/Lord_Howe", "Australia/Sydney", "Europe/Athens",
    "Europe/Chisinau", "Europe/Dublin", "Europe/London", "Europe/Paris", "Pacific/Auckland", "Pacific/Chatham",
    "Pacific/Easter",
]  # fmt: skip
HALF_AN_HOUR = timedelta(minutes=30)
_NAME = r"(?:[A-Za-z]+|<[^>]+>)"
_TIME = r"[+-]?[0-9]+(?::[0-9]+)*"
_RULE = rf"M([0-9]+)\.([0-9])\.([0-9])(?:/({_TIME}))?"
_FOOTER = re.compile(rf"{_NAME}({_TIME}){_NAME}({_TIME})?,{_RULE},{_RULE}")


def length(text: str) -> timedelta:
    """`-3:30` and the like."""
    hours, minutes = (*(int(part) for part in text.lstrip("+-").split(":")), 0)[:2]
    return timedelta(hours=hours, minutes=minutes) * (-1 if text.startswith("-") else 1)


@dataclass(frozen=True)
class Clock:
    """A zone's clock in that year: its two offsets, and when each begins, in UTC."""

    offsets: tuple[timedelta, timedelta]
    begins: tuple[datetime, datetime]

    @classmethod
    def of(cls, zone: str) -> "Clock":
        """From the rule for years to come."""
        footer = (files("tzdata") / "zoneinfo" / zone).read_bytes().rstrip(b"\n").rpartition(b"\n")[2].decode()
        read = _FOOTER.fullmatch(footer)
        assert read, f"{zone}: {footer}"
        first = -length(read[1])
        second = -length(read[2]) if read[2] else first + timedelta(hours=1)
        to_second, to_first = _begin(*read.group(3, 4, 5, 6)) - first, _begin(*read.group(7, 8, 9, 10)) - second
        return cls((first, second), (to_first, to_second))

    def at(self, instant: datetime) -> datetime:
        """What the clock shows."""
        last = max(begin for begin in self.begins if begin <= instant) if instant >= min(self.begins) else None
        # Before the first change of the year the offset is that of the year's last.
        number = self.begins.index(max(self.begins) if last is None else last)
        return instant.astimezone(timezone(self.offsets[number]))

    def shows_again(self, instant: datetime) -> bool:
        """Whether it shows the same time an hour, or what the shift is, before or after."""
        shift = self.offsets[1] - self.offsets[0]
        shown = self.at(instant).replace(tzinfo=None)
        return any(self.at(instant + other).replace(tzinfo=None) == shown for other in (shift, -shift))


def _begin(month: str, week: str, weekday: str, at: str | None) -> datetime:
    """The time on the wall at which a rule says that the clocks change, as if it were UTC."""
    day = datetime(YEAR, int(month), 1, tzinfo=UTC)
    day += timedelta(days=(int(weekday) - day.isoweekday()) % 7)
    for _ in range(int(week) - 1):
        if (day + timedelta(days=7)).month == int(month):
            day += timedelta(days=7)
    return day + length(at or "2")


def words(starts_at: datetime, ends_at: datetime, clock: Clock, name: str) -> str:
    """How a mail says when the appointment is."""
    both = [clock.at(instant) for instant in (starts_at, ends_at)]
    exact = any(clock.shows_again(instant) for instant in (starts_at, ends_at))
    first, last = (f"{at:%H:%M} UTC{f'{at:%z}'[:3]}:{f'{at:%z}'[3:5]}" if exact else f"{at:%H:%M}" for at in both)
    day, end_day = (f"{at:%A} {at.day} {at:%B %Y}" for at in both)
    other_day = day != end_day
    dash = " \N{EN DASH} " if exact or other_day else "\N{EN DASH}"
    return f"{day}, {first}{dash}{f'{end_day}, ' if other_day else ''}{last} ({name})"


async def test_everybody_reads_clocks_by_the_zone_data_of_the_lock(stack: Stack, http: httpx.AsyncClient) -> None:
    locked = re.search(r"^tzdata==(\S+)", (REPOSITORY / "requirements/booking-service.txt").read_text(), re.MULTILINE)
    assert locked

    async def told() -> dict[str, set[str | None]]:
        services = (await http.get("/status")).json()["services"]
        seen = {service["name"]: {i["zone_data"] for i in service["instances"]} for service in services}
        assert set(seen) >= {"billing", "booking", "gateway", "jobs", "notifier"}, seen
        return seen

    seen = await eventually(told, within=30)
    assert {name: seen[name] for name in ("booking", "notifier", "jobs")} == {
        name: {locked[1]} for name in ("booking", "notifier", "jobs")
    }
    assert seen["billing"] == seen["gateway"] == {None}, "they read no clocks on walls"


@pytest.mark.parametrize(
    ("zone", "instant"),
    [
        ("America/Vancouver", "2027-01-13T16:00:00Z"),
        ("America/Winnipeg", "2027-01-13T14:00:00Z"),
        ("Africa/Casablanca", "2027-01-13T09:00:00Z"),
        ("America/Havana", "2027-01-13T13:00:00Z"),
    ],
)
async def test_what_countries_changed_lately_is_offered_so(api: Api, zone: str, instant: str) -> None:
    """Who opens at nine; the machine's own data may be of last year."""
    service = await api.service(horizon_days=730)
    wednesday = [{"weekday": 2, "opens": "09:00", "closes": "10:00"}]
    await api.resource(service, time_zone=zone, weekly_hours=wednesday)
    day = {"from": "2027-01-13T00:00:00Z", "to": "2027-01-14T00:00:00Z"}
    found = await api.get("/v1/availability", service_id=service, **day)
    assert found.status_code == 200, found.text
    assert [(s["starts_at"], s["local_start"][11:16]) for s in found.json()["slots"]] == [(instant, "09:00")]


@pytest.mark.parametrize("name", ["localtime", "posixrules", "Factory", "right/Europe/Paris", "posix/Europe/Paris"])
async def test_a_file_of_the_zone_database_is_no_zone(api: Api, name: str) -> None:
    body = {"name": "Team A", "time_zone": name, "weekly_hours": [], "service_ids": []}
    refused = await api.post("/v1/resources", body)
    assert refused.status_code == 422, refused.text
    assert "not an IANA time zone" in refused.text


async def test_both_changes_in_every_zone(api: Api, outside: Outside) -> None:
    service = await api.service(duration_minutes=60, horizon_days=730)
    compared = 0

    async def one(name: str) -> int:
        clock = Clock.of(name)
        resource = await api.resource(service, name=name, time_zone=name)
        seen = 0
        for number, change in enumerate(sorted(clock.begins)):
            starts_at, ends_at = change - HALF_AN_HOUR, change + HALF_AN_HOUR
            email = f"{name.replace('/', '.').lower()}.{number}@customer.example"
            body = {
                "service_id": service,
                "resource_id": resource,
                "starts_at": starts_at.isoformat(),
                "customer": {"name": "Ada", "email": email},
            }
            booked = await api.post("/v1/bookings", body)
            assert booked.status_code == 201, booked.text
            assert booked.json()["local_start"] == clock.at(starts_at).isoformat(), name

            async def told(email: str = email) -> dict[str, Any] | None:
                return next(iter(await outside.mails(email)), None)

            mail = await eventually(told, within=30, every=0.2)
            assert mail is not None
            assert words(starts_at, ends_at, clock, name) in " ".join(mail["text"].split()), name
            [event] = Calendar.from_ical(mail["attachments"][0]["text"]).walk("VEVENT")
            assert event.decoded("DTSTART") == starts_at, name
            assert event.decoded("DTEND") == ends_at, name
            seen += 4
        return seen

    for start in range(0, len(ZONES), 6):
        compared += sum(await asyncio.gather(*(one(name) for name in ZONES[start : start + 6])))
    print(f"zones {len(ZONES)}, comparisons {compared}")
    assert compared >= 150
