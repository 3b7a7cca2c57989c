"""Whether a booking may be made, whoever asks: the one rule of `rules`, for all that it needs."""

from collections.abc import Sequence
from datetime import datetime

from booking.allocations.needs import candidates
from booking.allocations.rules import Need
from booking.availability.rules import SlotRejection, rejection
from booking.calendars.model import TimesOff
from booking.catalog.rules import SlotRules


def admitted(
    rules: SlotRules, needs: Sequence[Need], times_off: TimesOff, asked_at: datetime, starts_at: datetime
) -> list[Need]:
    """The needs with those resources alone that may be booked then; whether they are free is not asked here.

    Notice and horizon count from `asked_at`. Raises the refusal of a resource where too few are left.
    """
    rejections = {r.id: rejection(rules, r.hours, times_off.of(r), asked_at, starts_at) for r in candidates(needs)}
    allowed = [Need(need.quantity, [r for r in need.resources if rejections[r.id] is None]) for need in needs]
    if any(len(need.resources) < need.quantity for need in allowed):
        raise next((r for r in rejections.values() if r), SlotRejection.OUTSIDE_HOURS).error
    return allowed
