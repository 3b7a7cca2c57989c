"""The way out through an SMTP relay that answers in every way: sent, later, never."""

import asyncio
from uuid import uuid4

import pytest

from devstack.ports import free_ports
from devstack.servers import Servers
from notifier.channels.email.mailer import Mailer, mailer_for
from notifier.channels.email.smtp import SmtpMailer
from notifier.errors import MailRefused
from shared.errors import Unavailable
from tests.service.notifier.channels.email.mails import a_mail, settings
from tests.service.notifier.conftest import Inbox


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
