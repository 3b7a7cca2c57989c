"""Zones come from the lock's data, by the names of its table."""

import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from shared.zones import ZONE_DATA, ZONES, zone_of

ROOT = Path(__file__).parents[3]
SOURCES = ("api-gateway", "booking-service", "billing-service", "notifier-service", "shared", "cli", "devstack")


def test_the_version_is_the_locks() -> None:
    locked = {
        found[1]
        for path in (ROOT / "requirements").glob("*.txt")
        if (found := re.search(r"^tzdata==(\S+)", path.read_text(), re.MULTILINE))
    }
    assert locked == {ZONE_DATA}


@pytest.mark.parametrize(
    ("name", "instant"),
    [
        ("America/Vancouver", "2027-01-13T16:00:00Z"),
        ("America/Winnipeg", "2027-01-13T14:00:00Z"),
        ("Africa/Casablanca", "2027-01-13T09:00:00Z"),
        ("America/Havana", "2027-01-13T13:00:00Z"),
    ],
)
def test_what_changed_lately_is_known(name: str, instant: str) -> None:
    """Nine o'clock on that day."""
    opens = datetime(2027, 1, 13, 9, tzinfo=zone_of(name))
    assert opens.astimezone(UTC) == datetime.fromisoformat(instant)


def test_the_machines_own_zones_are_not_looked_at(tmp_path: Path) -> None:
    """A folder of zones that are all wrong, which a variable names."""
    (tmp_path / "Europe").mkdir()
    wrong = Path(ROOT / ".venv/lib").glob("python3*/site-packages/tzdata/zoneinfo/Asia/Tokyo")
    (tmp_path / "Europe/Paris").write_bytes(next(wrong).read_bytes())
    code = (
        "from shared.zones import zone_of; from datetime import datetime;"
        "print(datetime(2027, 1, 1, tzinfo=zone_of('Europe/Paris')).utcoffset())"
    )
    environment = os.environ | {"PYTHONTZPATH": str(tmp_path)}
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "1:00:00"


@pytest.mark.parametrize(
    "name",
    ["localtime", "posixrules", "Factory", "right/Europe/Paris", "posix/Europe/Paris", "../zone.tab", "", "CEST"],
)
def test_what_is_no_name_of_a_zone(name: str) -> None:
    with pytest.raises(ValueError, match="IANA"):
        zone_of(name)


def test_every_name_opens() -> None:
    assert len(ZONES) > 590
    assert all(zone_of(name).key == name for name in ZONES)
    assert zone_of("Europe/Paris") is ZoneInfo("Europe/Paris")


def test_nothing_else_opens_a_zone() -> None:
    opened = re.compile(r"\bZoneInfo\(|\bavailable_timezones\(|\bgettz\(")
    allowed = ROOT / "shared/src/shared/zones.py"
    sources = [path for folder in SOURCES for path in (ROOT / folder / "src").rglob("*.py")]
    assert len(sources) > 100
    assert [path for path in sources if path != allowed and opened.search(path.read_text())] == []
