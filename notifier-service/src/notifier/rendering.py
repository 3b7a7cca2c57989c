"""From a letter to a mail: the same words as text and as HTML, and the calendar file beside them."""

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from notifier.appointment import calendar_file
from notifier.letters import Letter
from notifier.mail import CalendarFile, Mail
from notifier.model import About, MessageKind
from shared.contracts.booking.bookings import BookingStatus

_TEMPLATES = Environment(
    loader=PackageLoader("notifier"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    auto_reload=False,
)
_TEXT = _TEMPLATES.get_template("letter.txt")
_HTML = _TEMPLATES.get_template("letter.html")


def render(letter: Letter, kind: MessageKind, about: About, recipient: str, message_id: str, organizer: str) -> Mail:
    """The mail that brings this letter to its recipient."""
    return Mail(
        recipient=recipient,
        sender_name=letter.business,
        subject=letter.subject,
        text=_TEXT.render(letter=letter),
        html=_HTML.render(letter=letter),
        message_id=message_id,
        date=about.occurred_at,
        calendar=_calendar(kind, about, organizer),
    )


def _calendar(kind: MessageKind, about: About, organizer: str) -> CalendarFile | None:
    """An appointment that stands is published, one that stood and is cancelled is taken back."""
    stands = about.booking.status is BookingStatus.CONFIRMED
    if kind in (MessageKind.CONFIRMED, MessageKind.RESCHEDULED) and stands:
        return calendar_file(about.booking, about.occurred_at, organizer, "PUBLISH")
    stood = (about.previous and about.previous.status) in (None, BookingStatus.CONFIRMED)
    if kind is MessageKind.CANCELLED and stood:
        return calendar_file(about.booking, about.occurred_at, organizer, "CANCEL")
    return None
