"""A mail as a value, and its MIME form. No I/O, no words of its own.

Whatever comes from a customer or a business is made safe here before it can become a header: texts are
brought to one line, addresses are refused.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from notifier.addresses import checked_address
from shared.contracts.text import INVISIBLE, has_visible, without_harm

_SEVEN_BIT = SMTP.clone(cte_type="7bit")
_NAME_LIMIT = 200
_DISPLAY_NAME_LIMIT = 60
_NO_END = " \u200c\u200d"
"""What leads to a next character; a text that is cut off has none."""
_ADDRESS_MARKS = str.maketrans(dict.fromkeys('<>@",;:\\()[]', " "))
"""The special characters of addresses (RFC 5322 §3.2.3), all but the dot."""
_SCHEME = re.compile(rf"(?:[:\uff1a][{INVISIBLE}]*)?(?:[/\\\uff0f][{INVISIBLE}]*){{2,}}")
_DOT = re.compile(rf"(?<=[\w{INVISIBLE}])[.\u3002\uff0e\uff61](?=[{INVISIBLE}]*[^\W\d_][{INVISIBLE}]*[^\W\d_])")
# What nobody sees between these would hide a link from us, but not from a reader.


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
    """The text without line breaks, controls and what turns the text around it, at most `limit` long.

    Everything that belongs to a writing stays. A text of which nothing can be seen is none.
    """
    line = " ".join(without_harm(text[: 4 * limit]).split())
    if len(line) > limit:
        line = f"{line[: limit - 1].rstrip(_NO_END)}…"
    return line if has_visible(line) else ""


def header_text(text: str) -> str:
    """One line that no mail client takes for an encoded word (RFC 2047), which could hide line breaks."""
    return one_line(text).replace("=?", "= ?")


def display_name(text: str) -> str:
    """The name before an address, without whatever could pass for another address; maybe empty.

    Readers split the header at these characters before they look at quotes, and break long names at any of them.
    """
    return one_line(header_text(text.translate(_ADDRESS_MARKS)), _DISPLAY_NAME_LIMIT)


def plain_name(text: str, limit: int = 100) -> str:
    """A name as one line that no mail reader makes a link of: whoever books for others could advertise to them.

    Readers look for schemes, for dots within words, and for `@`.
    """
    text = _SCHEME.sub(" ", one_line(text, limit))
    return one_line(_DOT.sub(". ", text).replace("@", " at "), limit)


def to_mime(mail: Mail, mail_from: str, *, eight_bit: bool = True) -> EmailMessage:
    """The mail as MIME: text, HTML beside it, the calendar file attached.

    Its headers are ASCII, so it never asks for SMTPUTF8. Its bodies are 8-bit text where they can be (RFC 6152);
    without `eight_bit` they are encoded as ASCII. Raises `MailRefused` if the recipient is no plain address.
    """
    message = EmailMessage(policy=SMTP if eight_bit else _SEVEN_BIT)
    message["From"] = Address(display_name=display_name(mail.sender_name), addr_spec=mail_from)
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
