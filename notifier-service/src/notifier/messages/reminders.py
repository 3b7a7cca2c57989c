"""When reminders are due (`docs/domain/messages.md`, "Reminders"). Pure functions."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from shared.zones import zone_of

QUIET_FROM = time(21, 0)
QUIET_UNTIL = time(8, 0)
"""Nobody is reminded in this half-open stretch of the local day."""
LAST_CALL = time(20, 30)
"""What would be due later goes now: the reminders of a whole evening have half an hour to get out."""
JUST_SAID = timedelta(hours=1)
"""What another mail has said so shortly before is not said again."""


def planned_reminders(
    starts_at: datetime, time_zone: str, decided_at: datetime, offsets_minutes: Sequence[int]
) -> list[tuple[int, datetime]]:
    """The reminders of a booking that was confirmed or moved at `decided_at`: (offset, when), earliest first.

    * A reminder that would fall into quiet hours moves to the evening before them, never later.
    * What would not come at least `JUST_SAID` after the mail that tells of the decision is left out.
    * Where quiet hours bring two reminders as near to each other, the one of the smaller offset is enough.
    """
    plan: list[tuple[int, datetime]] = []
    nearer: tuple[datetime, bool] | None = None
    for offset in sorted(offsets_minutes):
        due = starts_at - timedelta(minutes=offset)
        at = outside_quiet_hours(due, time_zone)
        moved = at != due
        if at - decided_at < JUST_SAID:
            continue
        if nearer is not None and nearer[0] - at < JUST_SAID and (moved or nearer[1]):
            continue
        plan.insert(0, (offset, at))
        nearer = at, moved
    return plan


def outside_quiet_hours(instant: datetime, time_zone: str) -> datetime:
    """The instant, or the last call before the quiet hours that it falls into or is close to."""
    local = instant.astimezone(zone_of(time_zone))
    if QUIET_UNTIL <= local.time() <= LAST_CALL:
        return instant
    evening = local.date() if local.time() > LAST_CALL else local.date() - timedelta(days=1)
    return datetime.combine(evening, LAST_CALL, zone_of(time_zone)).astimezone(instant.tzinfo)


def quiet_until(now: datetime, time_zone: str) -> datetime | None:
    """When the quiet hours end in which `now` lies; None: it lies in none."""
    local = now.astimezone(zone_of(time_zone))
    if QUIET_UNTIL <= local.time() < QUIET_FROM:
        return None
    morning = local.date() + timedelta(days=1) if local.time() >= QUIET_FROM else local.date()
    return datetime.combine(morning, QUIET_UNTIL, zone_of(time_zone)).astimezone(now.tzinfo)
