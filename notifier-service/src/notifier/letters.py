"""What mails say, by kind: words and facts, no markup. The layout is `templates/`, made of these by `rendering`."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from notifier.mail import one_line
from notifier.model import About, MessageKind
from notifier.wording import moment, money, period, short_moment
from shared.contracts.billing.refunds import RefundReason
from shared.contracts.booking.bookings import Booking, BookingStatus, DepositStatus, PreviousBooking
from shared.contracts.money import Money


class Tone(StrEnum):
    """How a mail feels at a glance; the layout gives each a colour."""

    GOOD = "good"
    WAITING = "waiting"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Links:
    """Where mails lead to. `payment_page` has `{booking_id}` in it; empty: there is none."""

    payment_page: str = ""

    def payment(self, booking: Booking) -> str:
        """Where this booking's deposit is paid, or an empty string."""
        return self.payment_page.replace("{booking_id}", str(booking.id))


@dataclass(frozen=True, slots=True)
class Action:
    """The one thing to do next."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail's content. Every text is a single line; the layout escapes it."""

    subject: str
    badge: str
    headline: str
    tone: Tone
    paragraphs: list[str]
    facts: list[tuple[str, str]]
    business: str
    reference: str
    action: Action | None = None
    closing: list[str] = field(default_factory=list)


def letter_about(kind: MessageKind, about: About, links: Links) -> Letter:
    """The letter of that kind about that booking."""
    return _WRITERS[kind](about, links)


def _held(about: About, links: Links) -> Letter:
    booking = about.booking
    due = _deposit(booking)
    return _letter(
        booking,
        subject=f"Pay your deposit to keep {_subject_of(booking)}",
        badge="Waiting for payment",
        headline="We are holding this time for you",
        tone=Tone.WAITING,
        paragraphs=[_pay_by(booking, due)],
        facts=[*_appointment(booking), *_price(booking), *_deadline(booking)],
        action=_payment_action(booking, due, links),
        closing=_without_link(booking, links),
    )


def _confirmed(about: About, _: Links) -> Letter:
    booking = about.booking
    return _letter(
        booking,
        subject=f"Confirmed: {_subject_of(booking)}",
        badge="Confirmed",
        headline="Your booking is confirmed",
        tone=Tone.GOOD,
        paragraphs=[f"Thank you for booking with {_business(booking)}. Here are the details."],
        facts=[*_appointment(booking), *_price(booking)],
        closing=["Open the attached file to add the appointment to your calendar."],
    )


def _rescheduled(about: About, links: Links) -> Letter:
    booking, previous = about.booking, about.previous or PreviousBooking()
    was = period(
        previous.starts_at or booking.starts_at,
        previous.ends_at or booking.ends_at,
        previous.time_zone or booking.time_zone,
    )
    pending = booking.status is BookingStatus.PENDING_PAYMENT
    due = _deposit(booking)
    paragraphs = [f"{_business(booking)} has moved your booking. Please note the new time; the old one is free again."]
    if pending:
        paragraphs.append(_pay_by(booking, due))
    was_with = one_line(previous.resource_name or booking.resource_name)
    facts = [("New time", period(booking.starts_at, booking.ends_at, booking.time_zone)), ("Old time", was)]
    facts += [("Service", one_line(booking.service_name)), ("With", one_line(booking.resource_name))]
    if was_with != one_line(booking.resource_name):
        facts.append(("Before with", was_with))
    return _letter(
        booking,
        subject=f"Moved: {_subject_of(booking)}",
        badge="New time",
        headline="Your booking has moved",
        tone=Tone.WAITING if pending else Tone.GOOD,
        paragraphs=paragraphs,
        facts=[*facts, *_price(booking), *(_deadline(booking) if pending else [])],
        action=_payment_action(booking, due, links) if pending else None,
        closing=_without_link(booking, links) if pending else ["Open the attached file to update your calendar."],
    )


def _cancelled(about: About, _: Links) -> Letter:
    booking = about.booking
    paragraphs = [f"Your booking with {_business(booking)} has been cancelled. You don't need to do anything."]
    if booking.cancellation_reason:
        paragraphs.append(f"Reason: {one_line(booking.cancellation_reason, 500)}")
    if booking.deposit and booking.deposit.status is DepositStatus.PAID:
        paragraphs.append(
            f"Your deposit of {money(_deposit(booking))} will be refunded to the payment method you used. "
            "You will hear from us as soon as the refund is on its way."
        )
    return _letter(
        booking,
        subject=f"Cancelled: {_subject_of(booking)}",
        badge="Cancelled",
        headline="Your booking is cancelled",
        tone=Tone.ENDED,
        paragraphs=paragraphs,
        facts=_appointment(booking),
    )


def _payment_received(about: About, _: Links) -> Letter:
    booking, amount = about.booking, _amount(about)
    if booking.status in (BookingStatus.PENDING_PAYMENT, BookingStatus.CONFIRMED):
        what_next = "Your confirmation comes in a separate e-mail."
    else:
        what_next = (
            "It came after your time had been released. "
            "If the time is still free, we confirm it; if not, you get the full amount back. "
            "We write to you either way."
        )
    return _letter(
        booking,
        subject=f"Payment received: {money(amount)} for {one_line(booking.service_name)}",
        badge="Payment received",
        headline=f"Thank you, {money(amount)} received",
        tone=Tone.GOOD,
        paragraphs=[f"Your payment to {_business(booking)} has arrived. {what_next}"],
        facts=[
            ("Amount", money(amount)),
            ("Paid on", moment(about.occurred_at, booking.time_zone)),
            *_appointment(booking),
        ],
    )


def _refund(about: About, _: Links) -> Letter:
    booking, amount = about.booking, _amount(about)
    if about.refund_reason is RefundReason.LATE_PAYMENT:
        why = (
            "Your payment came after the time had been released, and the time could not be had any more. "
            "You get the full amount back."
        )
    elif about.refund_reason is RefundReason.CANCELLED:
        why = "Your booking was cancelled, and your deposit is on its way back to you."
    else:
        why = "Your deposit is on its way back to you."
    return _letter(
        booking,
        subject=f"Refund: {money(amount)} for {one_line(booking.service_name)}",
        badge="Refunded",
        headline=f"{money(amount)} is on its way back to you",
        tone=Tone.ENDED,
        paragraphs=[why, "It goes to the payment method you used. Banks usually take 5 to 10 days to show it."],
        facts=[
            ("Refund", money(amount)),
            ("Issued on", moment(about.occurred_at, booking.time_zone)),
            *_appointment(booking),
        ],
    )


def _reminder(about: About, _: Links) -> Letter:
    booking = about.booking
    return _letter(
        booking,
        subject=f"Reminder: {_subject_of(booking)}",
        badge="Reminder",
        headline="Your appointment is coming up",
        tone=Tone.GOOD,
        paragraphs=[f"A short reminder of your booking with {_business(booking)}."],
        facts=[*_appointment(booking), *_price(booking)],
    )


_WRITERS: dict[MessageKind, Callable[[About, Links], Letter]] = {
    MessageKind.HELD: _held,
    MessageKind.CONFIRMED: _confirmed,
    MessageKind.RESCHEDULED: _rescheduled,
    MessageKind.CANCELLED: _cancelled,
    MessageKind.PAYMENT_RECEIVED: _payment_received,
    MessageKind.REFUND: _refund,
    MessageKind.REMINDER: _reminder,
}


def _letter(
    booking: Booking,
    *,
    subject: str,
    badge: str,
    headline: str,
    tone: Tone,
    paragraphs: list[str],
    facts: list[tuple[str, str]],
    action: Action | None = None,
    closing: list[str] | None = None,
) -> Letter:
    return Letter(
        subject=subject,
        badge=badge,
        headline=headline,
        tone=tone,
        paragraphs=[f"Hello {one_line(booking.customer.name, 100)},", *paragraphs],
        facts=facts,
        business=_business(booking),
        reference=str(booking.id),
        action=action,
        closing=closing or [],
    )


def _business(booking: Booking) -> str:
    return one_line(booking.business_name, 100)


def _subject_of(booking: Booking) -> str:
    return f"{one_line(booking.service_name, 80)}, {short_moment(booking.starts_at, booking.time_zone)}"


def _appointment(booking: Booking) -> list[tuple[str, str]]:
    return [
        ("When", period(booking.starts_at, booking.ends_at, booking.time_zone)),
        ("Service", one_line(booking.service_name)),
        ("With", one_line(booking.resource_name)),
    ]


def _price(booking: Booking) -> list[tuple[str, str]]:
    facts = [("Price", money(booking.price))]
    if booking.deposit and booking.deposit.status is DepositStatus.PAID:
        rest = Money(amount=max(0, booking.price.amount - booking.deposit.amount), currency=booking.price.currency)
        facts += [("Deposit paid", money(_deposit(booking))), ("Still to pay", money(rest))]
    elif booking.deposit and booking.deposit.status is DepositStatus.PENDING:
        facts.append(("Deposit due", money(_deposit(booking))))
    return facts


def _deposit(booking: Booking) -> Money:
    if booking.deposit is None:
        return Money(amount=0, currency=booking.price.currency)
    return Money(amount=booking.deposit.amount, currency=booking.deposit.currency)


def _amount(about: About) -> Money:
    return about.amount if about.amount is not None else _deposit(about.booking)


def _pay_by(booking: Booking, due: Money) -> str:
    until = f" by {moment(booking.hold_expires_at, booking.time_zone)}" if booking.hold_expires_at else ""
    return (
        f"Pay the deposit of {money(due)}{until} to confirm your booking with {_business(booking)}. "
        "Without it the time is released."
    )


def _deadline(booking: Booking) -> list[tuple[str, str]]:
    if booking.hold_expires_at is None:
        return []
    return [("Pay by", moment(booking.hold_expires_at, booking.time_zone))]


def _payment_action(booking: Booking, due: Money, links: Links) -> Action | None:
    url = links.payment(booking)
    return Action(f"Pay {money(due)} now", url) if url else None


def _without_link(booking: Booking, links: Links) -> list[str]:
    if links.payment(booking):
        return []
    return [f"Please pay where you made the booking, or ask {_business(booking)} for a way to pay."]
