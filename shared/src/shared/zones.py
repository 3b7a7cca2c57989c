"""Time zones, by the names of the IANA zone table and from the data that the lock pins.

The machine's own data would count first, and may be years old: a business would be offered hours at which it
is closed. So it is not looked at, in any process that imports this; nothing else opens a zone.
"""

import zoneinfo
from importlib.metadata import version
from importlib.resources import files
from zoneinfo import ZoneInfo

zoneinfo.reset_tzpath(to=())
ZoneInfo.clear_cache()

ZONE_DATA = version("tzdata")
"""The version of the zone data, as the lock names it: `2026.6`."""

ZONES = frozenset((files("tzdata") / "zones").read_text().split()) - {"Factory"}
"""Every zone that there is, links to others included. `Factory` is a placeholder for a machine without a zone."""


def zone_of(name: str) -> ZoneInfo:
    """The zone of that name. Raises ValueError for what names none, whatever file it would open."""
    if name not in ZONES:
        raise ValueError("not an IANA time zone")
    return ZoneInfo(name)
