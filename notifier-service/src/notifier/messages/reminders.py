"""When reminders are due (`docs/domain/messages.md`, "Reminders"). Pure functions."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from shared.zones import zone_of

QUIET_FROM = time(21, 0)
QUIET_UNTIL = time(8, 0)
"""Nobody is reminded in this half-open stretch of the local day."""
_MINUTE = timedelta(minutes=1)


def planned_reminders(
    starts_at: datetime, time_zone: str, decided_at: datetime, offsets_minutes: Sequence[int]
) -> list[tuple[int, datetime]]:
    """The reminders of a booking that was confirmed or moved at `decided_at`: (offset, when), in UTC order given.

    * An offset that had passed by then is left out, but for the nearest to the start: it is due at
      once, if the start is still ahead.
    * A reminder that would fall into quiet hours moves to the evening before them, never later; if
      that had passed by then as well, it is due at once.
    """
    if starts_at <= decided_at:
        return []
    plan = []
    for offset in offsets_minutes:
        due = starts_at - timedelta(minutes=offset)
        if due > decided_at:
            plan.append((offset, max(outside_quiet_hours(due, time_zone), decided_at)))
        elif offset == min(offsets_minutes):
            plan.append((offset, decided_at))
    return plan


def outside_quiet_hours(instant: datetime, time_zone: str) -> datetime:
    """The instant, or the last minute before the quiet hours that it falls into."""
    local = instant.astimezone(zone_of(time_zone))
    if QUIET_UNTIL <= local.time() < QUIET_FROM:
        return instant
    evening = local.date() if local.time() >= QUIET_FROM else local.date() - timedelta(days=1)
    quiet_from = datetime.combine(evening, QUIET_FROM, zone_of(time_zone))
    return (quiet_from - _MINUTE).astimezone(instant.tzinfo)
