"""The ways out, against servers that answer in every way: sent, later, never."""

import asyncio
import base64
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from devstack.ports import free_ports
from devstack.process import Child
from devstack.server import answers_http
from devstack.servers import Servers
from notifier.mail import CalendarFile, Mail, MailRefused
from notifier.mailers import Mailer, SendGridMailer, SmtpMailer, mailer_for
from notifier.settings import NotifierSettings
from shared.errors import Unavailable
from tests.service.notifier.conftest import Inbox
from tests.service.notifier.sendgrid_server import API_KEY

SERVER = Path(__file__).with_name("sendgrid_server.py")


def a_mail(recipient: str = "ada@example.com") -> Mail:
    return Mail(
        recipient=recipient,
        sender_name="Sparkle & Sons",
        subject="Confirmed",
        text="Hello",
        html="<p>Hello</p>",
        message_id=f"<{uuid4()}@tidebook.example>",
        date=datetime(2026, 11, 20, 10, 0, tzinfo=UTC),
        calendar=CalendarFile("PUBLISH", b"BEGIN:VCALENDAR\r\n"),
    )


def settings(**members: object) -> NotifierSettings:
    base = {
        "port": 0,
        "nats_url": "nats://127.0.0.1:1",
        "notifier_database_url": "postgresql://notifier:x@127.0.0.1:1/tidebook",
        "mail_from": "bookings@tidebook.example",
    }
    return NotifierSettings.model_validate(base | members)


# --- SendGrid --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sendgrid_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A SendGrid of our own, as a process."""
    port = free_ports(1)[0]
    server = Child("sendgrid", [sys.executable, SERVER, str(port)], directory=tmp_path_factory.mktemp("sendgrid"))
    server.launch()
    server.wait_until(lambda: answers_http(port, "/_mails"), 10)
    yield f"http://127.0.0.1:{port}"
    server.stop()


@pytest.fixture
async def sendgrid(sendgrid_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """What it was sent, and how it is to answer."""
    async with httpx.AsyncClient(base_url=sendgrid_url) as http:
        yield http
        await http.post("/_answers", json=[])


def sendgrid_mailer(url: str, key: str = API_KEY) -> Mailer:
    mailer = mailer_for(settings(mail_adapter="sendgrid", sendgrid_api_key=key, sendgrid_api_base=url))
    assert isinstance(mailer, SendGridMailer)
    return mailer


async def test_sendgrid_gets_the_whole_mail(sendgrid: httpx.AsyncClient, sendgrid_url: str) -> None:
    mail = a_mail()
    await sendgrid_mailer(sendgrid_url).send(mail)
    sent = (await sendgrid.get("/_mails")).json()[-1]
    assert sent["personalizations"] == [{"to": [{"email": "ada@example.com"}]}]
    assert sent["from"] == {"email": "bookings@tidebook.example", "name": "Sparkle & Sons"}
    assert [part["value"] for part in sent["content"]] == ["Hello", "<p>Hello</p>"]
    assert sent["headers"] == {"Message-ID": mail.message_id, "Auto-Submitted": "auto-generated"}
    assert base64.b64decode(sent["attachments"][0]["content"]) == b"BEGIN:VCALENDAR\r\n"


@pytest.mark.parametrize("status", [429, 500, 503, 401, 403])
async def test_sendgrid_later(sendgrid: httpx.AsyncClient, sendgrid_url: str, status: int) -> None:
    await sendgrid.post("/_answers", json=[status])
    with pytest.raises(Unavailable, match=f"sendgrid: {status}"):
        await sendgrid_mailer(sendgrid_url).send(a_mail())


@pytest.mark.parametrize("status", [400, 413])
async def test_sendgrid_never(sendgrid: httpx.AsyncClient, sendgrid_url: str, status: int) -> None:
    await sendgrid.post("/_answers", json=[status])
    with pytest.raises(MailRefused, match=f"sendgrid_{status}"):
        await sendgrid_mailer(sendgrid_url).send(a_mail())


async def test_a_wrong_key_is_not_the_mails_fault(sendgrid_url: str) -> None:
    with pytest.raises(Unavailable, match="401"):
        await sendgrid_mailer(sendgrid_url, "SG.other").send(a_mail())


async def test_sendgrid_out_of_reach(sendgrid_url: str) -> None:
    nobody = f"http://127.0.0.1:{free_ports(1)[0]}"
    with pytest.raises(Unavailable, match="ConnectError"):
        await sendgrid_mailer(nobody).send(a_mail())


# --- SMTP ------------------------------------------------------------------------------------


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
