"""Mails as MIME: nothing that a customer or a business writes becomes a header."""

import re
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import getaddresses

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from notifier.channels.email.mime import CalendarFile, Mail, one_line, to_mime
from notifier.errors import MailRefused
from tests.support.bookings import WRITING

INJECTIONS = [
    "Ada\r\nBcc: eve@example.com",
    "Ada\nBcc: eve@example.com",
    "Ada\rBcc: eve@example.com",
    "Ada\x00Bcc: eve@example.com",
    "Ada\u2028Bcc: eve@example.com",
    "Ada\x85Bcc: eve@example.com",
    "Ada\r\n\r\n<b>body</b>",
    '"Ada" <eve@example.com>,',
    "=?utf-8?q?Ada=0D=0ABcc=3A_eve=40example=2Ecom?=",
    "\u202eadA",
    "A" * 5000,
    "",
]
BAD_ADDRESSES = [
    "ada@example.com\r\nBcc: eve@example.com",
    "ada@example.com\n",
    "ada\x00@example.com",
    "ada@example.com, eve@example.com",
    "ada@example.com eve@example.com",
    "Ada <ada@example.com>",
    "a@b@c",
    '"ada lovelace"@example.com',
    "ada@[127.0.0.1]",
    "ada@",
    "@example.com",
    "ada",
    "",
    "ada..l@example.com",
    "ädä@example.com",
    f"{'a' * 65}@example.com",
    f"ada@{'x' * 63}.{'y' * 63}.{'z' * 63}.{'w' * 63}.com",
    "ada@-example.com",
    "ada(comment)@example.com",
]


def a_mail(**changes: object) -> Mail:
    members: dict[str, object] = {
        "recipient": "ada@example.com",
        "sender_name": "Sparkle & Sons",
        "subject": "Confirmed",
        "text": "Hello",
        "html": "<p>Hello</p>",
        "message_id": "<1@example.com>",
        "date": datetime(2026, 11, 20, 10, 0, tzinfo=UTC),
    }
    return Mail(**members | changes)  # type: ignore[arg-type]


def sent(mail: Mail) -> EmailMessage:
    """The mail as its recipient parses it."""
    parsed = message_from_bytes(to_mime(mail, "bookings@example.com").as_bytes(), policy=default)
    assert isinstance(parsed, EmailMessage)
    return parsed


@pytest.mark.parametrize("hostile", INJECTIONS)
def test_no_text_becomes_a_header(hostile: str) -> None:
    plain, parsed = sent(a_mail()), sent(a_mail(sender_name=hostile, subject=hostile))
    assert parsed.keys() == plain.keys()
    assert parsed["Bcc"] is None
    assert [a.addr_spec for a in parsed["From"].addresses] == ["bookings@example.com"]
    assert [a.addr_spec for a in parsed["To"].addresses] == ["ada@example.com"]
    body = parsed.get_body(("plain",))
    assert body is not None
    assert body.get_content().rstrip() == "Hello"


@pytest.mark.parametrize("address", BAD_ADDRESSES)
def test_what_is_no_plain_address_is_refused(address: str) -> None:
    with pytest.raises(MailRefused, match="invalid_address"):
        to_mime(a_mail(recipient=address), "bookings@example.com")


def test_a_name_of_any_script_arrives() -> None:
    assert sent(a_mail(sender_name="Żółw & 清洁"))["From"].addresses[0].display_name == "Żółw & 清洁"


@settings(max_examples=500)
@given(st.text(st.sampled_from('<>@",;:\\()[]. aé清=?_\u200b\r\nceobank') | st.characters(), max_size=300))
@example("<ceo@bank.example> " + "y" * 80)
@example('"ceo@bank.example" ' + "y " * 90)
@example("ceo@bank.example, " + "é" * 150)
@example("Bank <ceo@bank.example>;" * 8)
def test_a_name_is_never_taken_for_an_address(name: str) -> None:
    raw = to_mime(a_mail(sender_name=name), "bookings@example.com").as_bytes()
    [header] = [line for line in re.sub(rb"\r\n[ \t]", b" ", raw).split(b"\r\n") if line.startswith(b"From:")]
    assert header.count(b"@") == 1
    assert [address for _, address in getaddresses([header[5:].decode()])] == ["bookings@example.com"]
    parsed = message_from_bytes(raw, policy=default)["From"]
    assert [a.addr_spec for a in parsed.addresses] == ["bookings@example.com"]
    assert not set(parsed.addresses[0].display_name) & set('<>@",;:\\')


def test_the_mail_says_that_a_machine_wrote_it() -> None:
    parsed = sent(a_mail())
    assert parsed["Auto-Submitted"] == "auto-generated"
    assert parsed["Message-ID"] == "<1@example.com>"
    assert [part.get_content_type() for part in parsed.iter_parts()] == ["text/plain", "text/html"]


def test_the_calendar_file_is_attached_as_it_is() -> None:
    attachment = next(sent(a_mail(calendar=CalendarFile("PUBLISH", b"BEGIN:VCALENDAR\r\n"))).iter_attachments())
    assert attachment.get_content_type() == "text/calendar"
    assert attachment["Content-Type"].params["method"] == "PUBLISH"
    assert attachment.get_filename() == "appointment.ics"
    assert attachment.get_payload(decode=True) == b"BEGIN:VCALENDAR\r\n"


def test_one_line_is_bounded() -> None:
    assert one_line("  a\n\tb \u202e c\u2028\x85 ") == "a b c"
    assert len(one_line("x" * 5000)) == 200
    assert one_line("👩\u200d🔧👩\u200d🔧", 3) == "👩…"


@pytest.mark.parametrize("text", ["\u200b", "\u2800 \u3164", "\u202e\ufe0f", " "])
def test_a_text_of_which_nothing_can_be_seen_is_none(text: str) -> None:
    assert one_line(text) == ""
    assert sent(a_mail(sender_name=text))["From"].addresses[0].display_name == ""


@pytest.mark.parametrize("name", WRITING.values(), ids=WRITING)
def test_a_name_of_any_writing_stays_as_it_is_in_headers(name: str) -> None:
    parsed = sent(a_mail(sender_name=name, subject=f"Booked with {name}"))
    assert parsed["From"].addresses[0].display_name == name
    assert parsed["Subject"] == f"Booked with {name}"


@given(
    st.text(st.sampled_from("\x00\x1b\x85\x9b\r\n\u2028\u2029\u202d\u202e\u2066\u200d\ufe0f👩🔧é") | st.characters())
)
def test_a_line_twice_is_a_line_once(text: str) -> None:
    line = one_line(text)
    assert one_line(line) == line
    assert len(line.splitlines()) <= 1
    assert not set(line) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
