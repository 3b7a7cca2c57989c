"""What a service asks of a start time: duration, buffers, notice, horizon, step. Pure functions over values."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from booking.catalog.hours import DAY_SECONDS, epoch_seconds, epoch_seconds_up, instant_at

_OCCUPIED_AT_MOST = timedelta(days=2)
"""No booking occupies its resource for longer before or after its start: a day, and half a day's buffers."""
_CALENDAR = datetime(1, 1, 4, tzinfo=UTC), datetime(9999, 12, 28, tzinfo=UTC)
"""Where there is room on both sides."""


def occupied_by_any(starts: Iterable[datetime]) -> tuple[datetime, datetime]:
    """A range that holds all that bookings with these starts may occupy, whatever their service; there is one start."""
    held = [min(max(start, _CALENDAR[0]), _CALENDAR[1]) for start in starts]
    return min(held) - _OCCUPIED_AT_MOST, max(held) + _OCCUPIED_AT_MOST


@dataclass(frozen=True, slots=True)
class SlotRules:
    """What a service asks of a start time.

    Minutes are elapsed minutes and `horizon_days` are days of 24 elapsed hours, not calendar days.
    The buffers keep the resource occupied around the appointment but may fall outside its hours.
    `slot_step_minutes` spaces the times that a search offers, counted from each opening. Values
    out of range raise ValueError.
    """

    duration_minutes: int
    buffer_before_minutes: int
    buffer_after_minutes: int
    minimum_notice_minutes: int
    horizon_days: int
    slot_step_minutes: int

    def __post_init__(self) -> None:
        if self.duration_minutes < 1 or self.slot_step_minutes < 1:
            raise ValueError("duration and slot step must be at least one minute")
        if self.buffer_before_minutes < 0 or self.buffer_after_minutes < 0:
            raise ValueError("buffers must not be negative")
        if self.minimum_notice_minutes < 0 or self.horizon_days < 0:
            raise ValueError("minimum notice and horizon must not be negative")

    def ends_at(self, starts_at: datetime) -> datetime:
        """When an appointment that starts then ends, its buffer not counted."""
        return starts_at + timedelta(minutes=self.duration_minutes)

    def occupied(self, starts_at: datetime) -> tuple[datetime, datetime]:
        """The half-open range that such a booking occupies on its resource, buffers included."""
        return (
            starts_at - timedelta(minutes=self.buffer_before_minutes),
            self.ends_at(starts_at) + timedelta(minutes=self.buffer_after_minutes),
        )

    def start_limits(self, now: datetime) -> tuple[int, int]:
        """The earliest and the latest start that notice and horizon allow, both inclusive.

        Epoch seconds. Notice is never below 0, so the past is never bookable.
        """
        return (
            epoch_seconds_up(now) + self.minimum_notice_minutes * 60,
            epoch_seconds(now) + self.horizon_days * DAY_SECONDS,
        )

    def startable(self, now: datetime, start: datetime, end: datetime) -> range:
        """The whole seconds of `[start, end)` that notice and horizon allow; maybe none."""
        earliest, latest = self.start_limits(now)
        return range(max(epoch_seconds_up(start), earliest), min(epoch_seconds_up(end), latest + 1))

    def busy_period(self, now: datetime, start: datetime, end: datetime) -> tuple[datetime, datetime] | None:
        """The range whose bookings a search of `[start, end)` must know; None if nothing fits."""
        startable = self.startable(now, start, end)
        if not startable:
            return None
        return (
            self.occupied(instant_at(startable[0]))[0],
            self.occupied(instant_at(startable[-1]))[1],
        )
