"""The page about a booking's life says what the code does."""

import re
from pathlib import Path

from booking.bookings.lifecycle import REACHED_FROM
from shared.contracts.base import Event
from shared.contracts.booking.bookings import BookingStatus
from shared.contracts.registry import published

PAGE = Path(__file__).parents[2] / "docs/domain/lifecycle.md"


def rows() -> list[list[str]]:
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_the_table_of_the_page_is_that_of_the_code() -> None:
    written: dict[str, set[str]] = {}
    for to, origins, _, _ in rows():
        written.setdefault(to.strip("`"), set()).update(re.findall(r"`(\w+)`", origins))
    assert written == {str(to): {str(state) for state in origins} for to, origins in REACHED_FROM.items()}
    assert set(REACHED_FROM) == set(BookingStatus)


def test_its_events_are_published() -> None:
    assert {event.strip("`") for *_, event in rows()} <= {kind.TYPE for kind in published(Event)}
