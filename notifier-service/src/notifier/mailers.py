"""The ways out: an SMTP relay or SendGrid. Each takes a mail or says why not; none retries.

Errors carry codes only: what relays answer may repeat addresses (reliability T11).
"""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Protocol

import aiosmtplib
import httpx

from notifier.mail import Mail, MailRefused, checked_address, header_text, to_mime
from notifier.settings import NotifierSettings
from shared.errors import Unavailable

CONNECT_SECONDS = 10
COMMAND_SECONDS = 30
SMTP_CONNECTIONS = 4
IMPLICIT_TLS_PORT = 465
SENDGRID_SENT = 202
_OUR_FAULT = (401, 403, 404, 408, 429)
"""SendGrid answers that concern the account, its address or its limits, not the mail."""


class Mailer(Protocol):
    """Hands a mail over for delivery."""

    async def send(self, mail: Mail) -> None:
        """Returns once the mail is accepted.

        Raises `Unavailable` if it may be accepted later, `MailRefused` if it never will.
        """


def mailer_for(settings: NotifierSettings) -> Mailer | None:
    """The mailer that the settings name, ready to send; None if mail is off."""
    if settings.mail_adapter == "off":
        return None
    if settings.mail_adapter == "sendgrid":
        return SendGridMailer(settings)
    return SmtpMailer(settings)


class SmtpMailer:
    """An SMTP relay, over a few connections that are kept for the next mail.

    A relay that refuses us (greeting, TLS, login) is unavailable: the mail is not at fault. Only a
    5xx to the mail itself is final (RFC 5321 §4.2.1).
    """

    def __init__(self, settings: NotifierSettings) -> None:
        self._settings = settings
        self._idle: list[aiosmtplib.SMTP] = []
        self._room = asyncio.Semaphore(SMTP_CONNECTIONS)

    async def send(self, mail: Mail) -> None:
        """See `Mailer.send`."""
        message = to_mime(mail, self._settings.mail_from)
        content, recipient = message.as_bytes(), checked_address(mail.recipient)
        async with self._connection() as relay:
            try:
                await relay.sendmail(self._settings.mail_from, [recipient], content)
            except aiosmtplib.SMTPRecipientsRefused as error:
                raise _verdict(error.recipients[0].code) from error
            except aiosmtplib.SMTPResponseException as error:
                raise _verdict(error.code) from error

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[aiosmtplib.SMTP]:
        """A connection of our own; kept afterwards if the relay has answered all along."""
        async with self._room:
            relay = None
            try:
                relay = await self._reused() or await self._connect()
                yield relay
            except (MailRefused, _Deferred) as answered:
                self._keep(relay)
                raise _plain(answered) from answered.__cause__
            except (aiosmtplib.SMTPException, OSError, TimeoutError, ValueError) as error:
                _drop(relay)
                raise Unavailable(f"smtp: {type(error).__name__}") from error
            except BaseException:
                _drop(relay)
                raise
            self._keep(relay)

    async def _reused(self) -> aiosmtplib.SMTP | None:
        """An idle connection that still answers."""
        while self._idle:
            relay = self._idle.pop()
            try:
                await relay.rset()
            except (aiosmtplib.SMTPException, OSError, TimeoutError):
                _drop(relay)
            else:
                return relay
        return None

    async def _connect(self) -> aiosmtplib.SMTP:
        settings = self._settings
        implicit_tls = settings.smtp_port == IMPLICIT_TLS_PORT
        relay = aiosmtplib.SMTP(
            hostname=settings.smtp_host,
            port=settings.smtp_port,
            username=settings.smtp_username or None,
            password=settings.smtp_password.get_secret_value() or None,
            timeout=COMMAND_SECONDS,
            use_tls=implicit_tls,
            start_tls=settings.smtp_starttls and not implicit_tls,
        )
        try:
            await relay.connect(timeout=CONNECT_SECONDS)
        except BaseException:
            _drop(relay)
            raise
        return relay

    def _keep(self, relay: aiosmtplib.SMTP | None) -> None:
        if relay is not None and relay.is_connected:
            self._idle.append(relay)


class _Deferred(Exception):
    """The relay said 4xx: later, perhaps. The connection is sound."""


def _verdict(code: int) -> Exception:
    return MailRefused(f"smtp_{code}") if code >= 500 else _Deferred(f"smtp: {code}")


def _plain(answered: MailRefused | _Deferred) -> Exception:
    return Unavailable(str(answered)) if isinstance(answered, _Deferred) else answered


def _drop(relay: aiosmtplib.SMTP | None) -> None:
    if relay is not None:
        relay.close()


class SendGridMailer:
    """SendGrid's Web API v3, `POST /v3/mail/send`."""

    def __init__(self, settings: NotifierSettings) -> None:
        self._mail_from = settings.mail_from
        self._http = httpx.AsyncClient(
            base_url=settings.sendgrid_api_base,
            headers={"Authorization": f"Bearer {settings.sendgrid_api_key.get_secret_value()}"},
            timeout=httpx.Timeout(COMMAND_SECONDS, connect=CONNECT_SECONDS),
        )

    async def send(self, mail: Mail) -> None:
        """See `Mailer.send`."""
        try:
            answer = await self._http.post("/v3/mail/send", json=self._body(mail))
        except httpx.HTTPError as error:
            raise Unavailable(f"sendgrid: {type(error).__name__}") from error
        if answer.status_code == SENDGRID_SENT:
            return
        if answer.status_code >= 500 or answer.status_code in _OUR_FAULT:
            raise Unavailable(f"sendgrid: {answer.status_code}")
        raise MailRefused(f"sendgrid_{answer.status_code}")

    def _body(self, mail: Mail) -> dict[str, Any]:
        body: dict[str, Any] = {
            "personalizations": [{"to": [{"email": checked_address(mail.recipient)}]}],
            "from": {"email": self._mail_from, "name": header_text(mail.sender_name)},
            "subject": header_text(mail.subject),
            "content": [
                {"type": "text/plain", "value": mail.text},
                {"type": "text/html", "value": mail.html},
            ],
            "headers": {"Message-ID": mail.message_id, "Auto-Submitted": "auto-generated"},
            # Links are left as they are: a payment link that leads elsewhere first looks like fraud.
            "tracking_settings": {
                "click_tracking": {"enable": False, "enable_text": False},
                "open_tracking": {"enable": False},
            },
        }
        if mail.calendar:
            body["attachments"] = [
                {
                    "content": base64.b64encode(mail.calendar.content).decode("ascii"),
                    # SendGrid takes no parameters here; the method stands in the file as well.
                    "type": "text/calendar",
                    "filename": mail.calendar.name,
                    "disposition": "attachment",
                }
            ]
        return body
