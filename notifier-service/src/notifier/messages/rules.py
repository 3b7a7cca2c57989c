"""Whether a message is still true when its time comes, and when a failed one is tried again. Pure functions.

A guard returns why a message must not go, or None: it goes. `message` shows where its booking stands by
now, `about` what the mail would say.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from notifier.messages.model import About, Attempt, ClaimedMessage, MessageStatus
from notifier.messages.reminders import quiet_until
from shared.contracts.booking.bookings import BookingStatus, DepositStatus

RETRY_SECONDS = (5, 60, 300, 900)
"""Waits after the first failed attempts; then `RETRY_HOURLY`."""
RETRY_HOURLY = 3600
GIVE_UP_SECONDS = 24 * 3600
"""Since the message was due first."""

Guard = Callable[[ClaimedMessage, About, datetime], str | None]
Wait = Callable[[About, datetime], datetime | None]
"""Until when a message that is true must wait; None: it goes now."""


def always(message: ClaimedMessage, about: About, now: datetime) -> None:
    """It tells of what has happened for good."""


def awaits_payment(message: ClaimedMessage, about: About, now: datetime) -> str | None:
    """It goes while the booking waits for its deposit, unchanged, and its deadline is ahead."""
    if reason := _changed(message, BookingStatus.PENDING_PAYMENT):
        return reason
    deadline = about.booking.hold_expires_at
    if deadline and deadline <= now:
        return "the deadline has passed"
    return _over(about, now)


def is_confirmed(message: ClaimedMessage, about: About, now: datetime) -> str | None:
    """It goes while the booking is confirmed at that version; a move or a cancellation since has its own mail."""
    return _changed(message, BookingStatus.CONFIRMED) or _over(about, now)


def stands(message: ClaimedMessage, about: About, now: datetime) -> str | None:
    """It goes while the booking stands where it was moved to, paid or not."""
    return _changed(message, BookingStatus.CONFIRMED, BookingStatus.PENDING_PAYMENT) or _over(about, now)


def is_ahead(message: ClaimedMessage, about: About, now: datetime) -> str | None:
    """It goes while the booking is confirmed at the version it was planned for, owes no deposit, and is still ahead."""
    booking = about.booking
    if reason := _changed(message, BookingStatus.CONFIRMED):
        return reason
    if booking.deposit is not None and booking.deposit.status is DepositStatus.PENDING:
        return "the deposit is not paid"
    if booking.starts_at <= now:
        return "the appointment has begun"
    if message.overtaken:
        return "a later reminder is due as well"
    if (morning := quiet_until(now, booking.time_zone)) and booking.starts_at <= morning:
        return "it begins before quiet hours end"
    return None


def any_time(about: About, now: datetime) -> None:
    """It answers what has just happened, and goes day and night."""


def by_day(about: About, now: datetime) -> datetime | None:
    """It goes between 08:00 and 21:00 at the place of the appointment."""
    return quiet_until(now, about.booking.time_zone)


def _changed(message: ClaimedMessage, *expected: BookingStatus) -> str | None:
    if message.booking_status not in expected:
        return f"the booking is {message.booking_status or 'unknown'}"
    if message.booking_version != message.version:
        return "the booking has changed since"
    return None


def _over(about: About, now: datetime) -> str | None:
    return "the appointment is over" if about.booking.ends_at <= now else None


def attempt_again(message: ClaimedMessage, error: str, now: datetime) -> Attempt:
    """Queue a message whose attempt has failed for another one, or give up after a day."""
    next_attempt_at = now + timedelta(seconds=retry_delay(message.attempts))
    if next_attempt_at - message.send_at > timedelta(seconds=GIVE_UP_SECONDS):
        return Attempt(MessageStatus.FAILED, f"gave_up: {error}")
    return Attempt(MessageStatus.QUEUED, error, next_attempt_at)


def retry_delay(attempt: int) -> float:
    """Seconds to wait after the given failed attempt (1 is the first)."""
    return RETRY_SECONDS[attempt - 1] if attempt <= len(RETRY_SECONDS) else RETRY_HOURLY
