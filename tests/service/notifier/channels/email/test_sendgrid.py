"""The way out through a SendGrid that answers in every way: sent, later, never."""

import base64
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from devstack.ports import free_ports
from devstack.process import Child
from devstack.server import answers_http
from notifier.channels.email.mailer import Mailer, mailer_for
from notifier.channels.email.sendgrid import SendGridMailer
from notifier.errors import MailRefused
from shared.errors import Unavailable
from tests.service.notifier.channels.email.mails import a_mail, settings
from tests.service.notifier.channels.email.sendgrid_server import API_KEY
from tests.support.eventually import allowed

SERVER = Path(__file__).with_name("sendgrid_server.py")


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
    async with httpx.AsyncClient(base_url=sendgrid_url, timeout=allowed(10)) as http:
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
    assert [part["value"] for part in sent["content"]] == ["Hello Ada", "<p>Hello Ada</p>"]
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
