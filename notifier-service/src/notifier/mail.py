"""A mail as a value, and its MIME form. No I/O, no wording.

Whatever comes from a customer or a business is made safe here before it can become a header
(reliability M4): texts are brought to one line, addresses are refused.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"(?P<local>{_ATEXT}(?:\.{_ATEXT})*)@(?P<domain>{_LABEL}(?:\.{_LABEL})*)")
_LOCAL_LIMIT, _ADDRESS_LIMIT = 64, 254
"""RFC 5321 §4.5.3.1, and the path limit of 256 octets with its two brackets."""
_NAME_LIMIT = 200


class MailRefused(Exception):
    """This mail can't be delivered, now or later. `code` is safe to log: it holds no address."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class CalendarFile:
    """An iCalendar object (RFC 5545) that goes along; `method` as in RFC 5546."""

    method: str
    content: bytes
    name: str = "appointment.ics"


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail to one person, ready to be sent. `message_id` is the same on every attempt."""

    recipient: str
    sender_name: str
    subject: str
    text: str
    html: str
    message_id: str
    date: datetime
    calendar: CalendarFile | None = None


def one_line(text: str, limit: int = _NAME_LIMIT) -> str:
    """The text without line breaks, control and invisible formatting characters, at most `limit` long."""
    printable = (" " if unicodedata.category(c) in _NOT_PRINTABLE else c for c in text[: 4 * limit])
    line = " ".join("".join(printable).split())
    return line if len(line) <= limit else f"{line[: limit - 1].rstrip()}…"


_NOT_PRINTABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def header_text(text: str) -> str:
    """One line that no mail client takes for an encoded word (RFC 2047), which could hide line breaks."""
    return one_line(text).replace("=?", "= ?")


def checked_address(address: str) -> str:
    """The address in the form that any relay takes, its domain in ASCII.

    Raises `MailRefused` for what is not exactly one plain address: line breaks, lists, comments,
    quoted or non-ASCII local parts.
    """
    local, at, domain = address.rpartition("@")
    try:
        ascii_domain = domain.encode("idna").decode("ascii").lower() if not domain.isascii() else domain
    except UnicodeError as error:
        raise MailRefused("invalid_address") from error
    plain = f"{local}{at}{ascii_domain}"
    if len(local) > _LOCAL_LIMIT or len(plain) > _ADDRESS_LIMIT or not _ADDRESS.fullmatch(plain):
        raise MailRefused("invalid_address")
    return plain


def to_mime(mail: Mail, mail_from: str) -> EmailMessage:
    """The mail as MIME: text, HTML beside it, the calendar file attached.

    Raises `MailRefused` if the recipient is no plain address.
    """
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(display_name=header_text(mail.sender_name), addr_spec=mail_from)
    message["To"] = Address(addr_spec=checked_address(mail.recipient))
    message["Subject"] = header_text(mail.subject)
    message["Date"] = format_datetime(mail.date)
    message["Message-ID"] = mail.message_id
    # Keeps holiday notices and ticket systems from answering (RFC 3834 §5).
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    if mail.calendar:
        message.add_attachment(
            mail.calendar.content,
            maintype="text",
            subtype="calendar",
            filename=mail.calendar.name,
            params={"method": mail.calendar.method, "charset": "utf-8"},
        )
    return message
