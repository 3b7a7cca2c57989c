"""Writing the mail of a message at the moment it is sent, if it still holds.

Mails are checked against the booking as last heard of, reminders against booking-service itself:
a reminder is sent hours after it was planned, and nothing stale may leave (domain-rules §2, 13).
"""

from dataclasses import dataclass
from datetime import datetime

from notifier.claims import Claim
from notifier.letters import Links, letter_about
from notifier.mail import Mail
from notifier.model import About, MessageKind
from notifier.rendering import render
from notifier.sending import Overtaken
from shared.clock import utc_now
from shared.contracts.booking.bookings import Booking, BookingStatus, DepositStatus, GetBooking
from shared.errors import Unavailable
from shared.messaging import rpc
from shared.messaging.broker import Broker


@dataclass(frozen=True, slots=True)
class Composer:
    """Writes mails; knows where customers pay and whom to ask about a booking."""

    links: Links
    organizer: str
    """The address that calendar files name as the organizer: `MAIL_FROM`."""
    broker: Broker

    async def message(self, claim: Claim) -> Mail:
        """The mail of a message as it was queued. Raises `Overtaken` if it no longer holds."""
        about = About.model_validate_json(claim.about or "")
        if reason := overtaken(claim, about.booking, utc_now()):
            raise Overtaken(reason)
        return self._written(claim, about)

    async def reminder(self, claim: Claim) -> Mail:
        """A reminder of the booking as booking-service shows it now.

        Raises `Overtaken` if there is nothing left to remind of, `Unavailable` if nobody can say.
        """
        try:
            booking = await rpc.call(self.broker, GetBooking(tenant_id=claim.tenant_id, booking_id=claim.booking_id))
        except rpc.Rejected as refusal:
            if refusal.refusal.status != 404:
                raise Unavailable(f"get_booking: {refusal.refusal.code}") from refusal
            raise Overtaken("the booking is gone") from refusal
        now = utc_now()
        if reason := not_to_be_reminded(booking, claim.version, now):
            raise Overtaken(reason)
        return self._written(claim, About(booking=booking, occurred_at=now))

    def _written(self, claim: Claim, about: About) -> Mail:
        letter = letter_about(claim.kind, about, self.links)
        return render(letter, claim.kind, about, claim.recipient, claim.message_id_header, self.organizer)


def overtaken(claim: Claim, booking: Booking, now: datetime) -> str | None:
    """Why a queued mail no longer holds, or None: it does.

    * `held`: goes while the booking waits for its deposit, unchanged, and its deadline is ahead.
    * `confirmed`: goes while the booking is confirmed at the version it was confirmed in; a move or a
      cancellation since then has its own mail.
    * `rescheduled`: goes while the booking stands where it was moved to.
    * `cancelled`, `payment_received`, `refund`: always go; they tell what has happened for good.
    """
    if claim.kind in (MessageKind.CANCELLED, MessageKind.PAYMENT_RECEIVED, MessageKind.REFUND):
        return None
    expected = {
        MessageKind.HELD: {BookingStatus.PENDING_PAYMENT},
        MessageKind.CONFIRMED: {BookingStatus.CONFIRMED},
    }.get(claim.kind, {BookingStatus.CONFIRMED, BookingStatus.PENDING_PAYMENT})
    if claim.booking_status not in expected:
        return f"the booking is {claim.booking_status}"
    if claim.booking_version != claim.version:
        return "the booking has changed since"
    if claim.kind is MessageKind.HELD and booking.hold_expires_at and booking.hold_expires_at <= now:
        return "the deadline has passed"
    if booking.ends_at <= now:
        return "the appointment is over"
    return None


def not_to_be_reminded(booking: Booking, planned_version: int, now: datetime) -> str | None:
    """Why a reminder planned for a version of this booking must not go, or None: it goes."""
    if booking.status is not BookingStatus.CONFIRMED:
        return f"the booking is {booking.status}"
    if booking.version != planned_version:
        return "the booking has changed since"
    if booking.deposit is not None and booking.deposit.status is DepositStatus.PENDING:
        return "the deposit is not paid"
    if booking.starts_at <= now:
        return "the appointment has begun"
    return None
