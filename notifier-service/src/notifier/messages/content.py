"""What a mail says: the words of `templates/<locale>`, laid out as text and as HTML, the calendar file beside them."""

import re
from dataclasses import dataclass
from functools import partial
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from notifier.channels.email.mime import CalendarFile, Mail, one_line, plain_name
from notifier.messages.appointment import calendar_file
from notifier.messages.catalog import Attachment, MessageDefinition
from notifier.messages.formatting import moment, money, period, short_moment
from notifier.messages.model import About
from shared.contracts.booking.bookings import BookingStatus, PreviousBooking
from shared.contracts.money import Money

_TEMPLATE_SETTINGS: dict[str, Any] = {
    "loader": PackageLoader("notifier"),
    "undefined": StrictUndefined,
    "trim_blocks": True,
    "lstrip_blocks": True,
    "keep_trailing_newline": True,
    "auto_reload": False,
}
_PRINTED_LIMIT = 5000


def _printed(value: object) -> str:
    """Whatever a template of words prints is one line, so that nobody's name can begin a paragraph of its own."""
    return one_line(str(value), _PRINTED_LIMIT)


_WORDS = Environment(**_TEMPLATE_SETTINGS, finalize=_printed)  # noqa: S701 - plain text, which the HTML layout escapes
_WORDS.filters["one_line"] = one_line
_TEXT = Environment(**_TEMPLATE_SETTINGS).get_template("layout.txt.j2")  # noqa: S701 - plain text
_HTML = Environment(**_TEMPLATE_SETTINGS, autoescape=True).get_template("layout.html.j2")
_BLANK_LINE = re.compile(r"\n\s*\n")


@dataclass(frozen=True, slots=True)
class Action:
    """The one thing to do next."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class EmailContent:
    """One mail's words, without layout. Every text is a single line; the layouts escape it."""

    locale: str
    subject: str
    badge: str
    headline: str
    tone: str
    """How the mail feels at a glance: `good`, `waiting` or `ended`; the layout gives each a colour."""
    paragraphs: list[str]
    facts: list[tuple[str, str]]
    closing: list[str]
    footer: list[str]
    business: str
    calendar_description: str
    action: Action | None = None


def write_mail(
    definition: MessageDefinition,
    about: About,
    *,
    locale: str,
    recipient: str,
    message_id: str,
    payment_page: str,
    organizer: str,
) -> Mail:
    """The mail that brings a message to its recipient; `organizer` is whom calendar files name as such."""
    content = content_of(definition, about, locale, payment_page)
    return Mail(
        recipient=recipient,
        sender_name=content.business,
        subject=content.subject,
        text=_TEXT.render(content=content),
        html=_HTML.render(content=content),
        message_id=message_id,
        date=about.occurred_at,
        calendar=_calendar(definition, about, organizer, content.calendar_description),
    )


def content_of(definition: MessageDefinition, about: About, locale: str, payment_page: str) -> EmailContent:
    """The words for that message; `payment_page` has `{booking_id}` in it, or is empty: there is none."""
    values = _values(about, locale, payment_page)
    common: Any = _WORDS.get_template(f"{locale}/common.txt.j2").make_module(values)
    words: Any = _WORDS.get_template(f"{locale}/{definition.template}.txt.j2").make_module(values | {"common": common})
    action = _line(getattr(words, "action", ""))
    return EmailContent(
        locale=locale,
        subject=_line(words.subject),
        badge=_line(words.badge),
        headline=_line(words.headline),
        tone=words.tone,
        paragraphs=[_line(common.greeting), *_paragraphs(words.paragraphs)],
        facts=[(label, one_line(value)) for label, value in words.facts],
        closing=_paragraphs(getattr(words, "closing", "")),
        footer=_paragraphs(common.footer),
        business=values["business"],
        calendar_description=_line(common.calendar_description),
        action=Action(action, values["payment_url"]) if action and values["payment_url"] else None,
    )


def _values(about: About, locale: str, payment_page: str) -> dict[str, Any]:
    """What templates can name."""
    booking = about.booking.model_copy(
        update={
            "service_name": plain_name(about.booking.service_name),
            "resource_name": plain_name(about.booking.resource_name),
        }
    )
    deposit = refunded = left = Money(amount=0, currency=booking.price.currency)
    if booking.deposit is not None:
        deposit = Money(amount=booking.deposit.amount, currency=booking.deposit.currency)
        refunded = Money(amount=booking.deposit.refunded_amount, currency=deposit.currency)
        left = Money(amount=max(0, deposit.amount - refunded.amount), currency=deposit.currency)
    return {
        "booking": booking,
        "previous": about.previous or PreviousBooking(),
        "business": plain_name(booking.business_name),
        "customer": plain_name(booking.customer.name),
        "deposit": deposit,
        "deposit_refunded": refunded,
        "deposit_left": left,
        "rest": Money(amount=max(0, booking.price.amount - deposit.amount), currency=booking.price.currency),
        "amount": about.amount or deposit,
        "refund_reason": about.refund_reason,
        "occurred_at": about.occurred_at,
        "payment_url": payment_page.replace("{booking_id}", str(booking.id)),
        "money": partial(money, locale=locale),
        "moment": partial(moment, locale=locale),
        "short_moment": partial(short_moment, locale=locale),
        "period": partial(period, locale=locale),
    }


def _line(text: str) -> str:
    return " ".join(text.split())


def _paragraphs(text: str) -> list[str]:
    """The text as paragraphs; within one, templates may break their lines where they like."""
    return [_line(paragraph) for paragraph in _BLANK_LINE.split(text) if paragraph.strip()]


def _calendar(definition: MessageDefinition, about: About, organizer: str, description: str) -> CalendarFile | None:
    """An appointment that stands is published, one that stood and is cancelled is taken back."""
    booking, changed_at = about.booking, about.occurred_at
    if definition.attachment is Attachment.APPOINTMENT and booking.status is BookingStatus.CONFIRMED:
        return calendar_file(booking, changed_at, organizer, "PUBLISH", description)
    stood = (about.previous and about.previous.status) in (None, BookingStatus.CONFIRMED)
    if definition.attachment is Attachment.APPOINTMENT_REMOVED and stood:
        return calendar_file(booking, changed_at, organizer, "CANCEL", description)
    return None
