"""Mail through an SMTP relay. Takes a mail or says why not; does not retry.

Errors carry codes only: what relays answer may repeat addresses, which belong into no log.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import aiosmtplib

from notifier.addresses import checked_address
from notifier.channels.email.mime import Mail, to_mime
from notifier.errors import MailRefused
from notifier.settings import NotifierSettings
from shared.errors import Unavailable

CONNECT_SECONDS = 10
COMMAND_SECONDS = 30
SMTP_CONNECTIONS = 4
IMPLICIT_TLS_PORT = 465


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
        mail_from, recipient = self._settings.mail_from, checked_address(mail.recipient)
        content = to_mime(mail, mail_from).as_bytes()
        async with self._connection() as relay:
            declared = []
            if not content.isascii():
                if relay.supports_extension("8bitmime"):
                    declared = ["BODY=8BITMIME"]
                else:
                    content = to_mime(mail, mail_from, eight_bit=False).as_bytes()
            try:
                await relay.sendmail(mail_from, [recipient], content, mail_options=declared)
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
            if relay.is_ehlo_or_helo_needed:  # neither TLS nor a login has asked yet what the relay offers
                with suppress(aiosmtplib.SMTPHeloError):  # it knows HELO alone, and offers nothing
                    await relay.ehlo()
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
