"""The way out through an SMTP relay that answers in every way: sent, later, never."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from uuid import uuid4

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from devstack.ports import free_ports
from devstack.servers import Servers
from notifier.channels.email.mailer import Mailer, mailer_for
from notifier.channels.email.smtp import SmtpMailer
from notifier.errors import MailRefused
from shared.errors import Unavailable
from tests.service.notifier.channels.email.mails import a_mail, settings
from tests.service.notifier.conftest import Inbox
from tests.support.bookings import WRITING


def smtp_mailer(servers: Servers, **members: object) -> Mailer:
    relay = {
        "mail_adapter": "smtp",
        "smtp_host": servers.inbox.smtp_host,
        "smtp_port": servers.inbox.smtp_port,
        "smtp_starttls": False,
    }
    mailer = mailer_for(settings(**relay | members))
    assert isinstance(mailer, SmtpMailer)
    return mailer


async def test_smtp_takes_many_at_once(servers: Servers, inbox: Inbox) -> None:
    mailer, recipient = smtp_mailer(servers), f"{uuid4().hex}@example.com"
    mails = [a_mail(recipient) for _ in range(20)]
    await asyncio.gather(*(mailer.send(mail) for mail in mails))
    assert {mail["message_id"] for mail in await inbox.mails(recipient)} == {mail.message_id for mail in mails}


@pytest.mark.parametrize("fault", ["reply_421", "reply_450", "close_before_final_dot", "close_after_final_dot"])
async def test_smtp_later_and_then_again(servers: Servers, inbox: Inbox, fault: str) -> None:
    mailer, recipient = smtp_mailer(servers), f"{uuid4().hex}@example.com"
    await mailer.send(a_mail(recipient))
    await inbox.faults(**{fault: 1})
    with pytest.raises(Unavailable, match="smtp: "):
        await mailer.send(a_mail(recipient))
    last = a_mail(recipient)
    await mailer.send(last)
    assert (await inbox.mails(recipient))[-1]["message_id"] == last.message_id


class Relay:
    """A relay that offers what it is told to, and keeps what it was told and given."""

    def __init__(self, *offers: str) -> None:
        self._offers = offers
        self.declared: list[list[str]] = []
        self.contents: list[bytes] = []

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, _responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [*(f"250-{line}" for line in ("localhost", *self._offers)), "250 HELP"]

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.declared.append([option.upper() for option in envelope.mail_options])
        self.contents.append(envelope.original_content or b"")
        return "250 kept"


@asynccontextmanager
async def running(relay: Relay) -> AsyncIterator[Mailer]:
    """A way out through this relay."""
    port = free_ports(1)[0]
    loop = asyncio.get_running_loop()
    utf8 = "SMTPUTF8" in relay._offers
    server = await loop.create_server(
        lambda: SMTP(relay, hostname="localhost", enable_SMTPUTF8=utf8), "127.0.0.1", port
    )
    mailer = mailer_for(settings(mail_adapter="smtp", smtp_host="127.0.0.1", smtp_port=port, smtp_starttls=False))
    assert mailer is not None
    yield mailer
    server.close()


ANY_WRITING = " ".join(WRITING.values())


def read(content: bytes) -> tuple[str, str]:
    """Subject and text, as the recipient reads them."""
    parsed = message_from_bytes(content, policy=default)
    assert isinstance(parsed, EmailMessage)
    body = parsed.get_body(("plain",))
    assert body is not None
    return parsed["Subject"], body.get_content().strip()


async def test_eight_bits_are_declared_where_they_are_offered() -> None:
    relay = Relay("8BITMIME", "SMTPUTF8")
    async with running(relay) as mailer:
        await mailer.send(a_mail(name="Żółw"))
        await mailer.send(a_mail())
    eight_bit, ascii_alone = relay.declared
    assert not relay.contents[0].isascii()
    assert "BODY=8BITMIME" in eight_bit
    assert relay.contents[1].isascii()
    assert "BODY=8BITMIME" not in ascii_alone
    assert read(relay.contents[0]) == ("Confirmed, Żółw", "Hello Żółw")


@pytest.mark.parametrize("name", ["Żółw", ANY_WRITING])
async def test_a_relay_that_offers_nothing_is_given_ascii(name: str) -> None:
    relay = Relay()
    async with running(relay) as mailer:
        await mailer.send(a_mail(name=name))
    assert relay.contents[0].isascii()
    assert relay.declared == [[]]
    assert read(relay.contents[0]) == (f"Confirmed, {name}", f"Hello {name}")


async def test_smtputf8_is_never_needed() -> None:
    """Addresses and headers are ASCII, whatever is offered."""
    relay = Relay("8BITMIME", "SMTPUTF8")
    async with running(relay) as mailer:
        await mailer.send(a_mail("ada@straße.example", name=ANY_WRITING))
    head, _, _ = relay.contents[0].partition(b"\r\n\r\n")
    assert head.isascii()
    assert b"To: ada@xn--strae-oqa.example\r\n" in head
    assert "SMTPUTF8" not in relay.declared[0]


async def test_any_writing_arrives(servers: Servers, inbox: Inbox) -> None:
    recipient = f"{uuid4().hex}@example.com"
    await smtp_mailer(servers).send(a_mail(recipient, ANY_WRITING))
    [mail] = await inbox.mails(recipient)
    assert (mail["subject"], mail["text"].strip()) == (f"Confirmed, {ANY_WRITING}", f"Hello {ANY_WRITING}")


async def test_smtp_never(servers: Servers, inbox: Inbox) -> None:
    mailer = smtp_mailer(servers)
    await inbox.faults(reply_550=1)
    with pytest.raises(MailRefused, match="smtp_550"):
        await mailer.send(a_mail())
    await mailer.send(a_mail())


async def test_a_relay_without_tls_is_not_used_if_tls_is_required(servers: Servers, inbox: Inbox) -> None:
    recipient = f"{uuid4().hex}@example.com"
    with pytest.raises(Unavailable, match="smtp: "):
        await smtp_mailer(servers, smtp_starttls=True).send(a_mail(recipient))
    assert await inbox.mails(recipient) == []


async def test_a_relay_out_of_reach(servers: Servers) -> None:
    with pytest.raises(Unavailable, match="SMTPConnectError"):
        await smtp_mailer(servers, smtp_port=free_ports(1)[0]).send(a_mail())
