"""Puts senders together from settings: the service's for all mail but reminders, the jobs runner's for those."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from notifier.claims import MESSAGES, REMINDERS
from notifier.composing import Composer
from notifier.handlers import Mailroom
from notifier.letters import Links
from notifier.mailers import mailer_for
from notifier.metrics import announce_job
from notifier.sending import Sender
from notifier.settings import NotifierSettings
from shared.runtime.service import ServiceRuntime

POLL_SECONDS = 0.5
"""How long a due message waits at most, should nobody ring: retries, and what other processes queued."""


class MailBell:
    """Rung by handlers once they have queued mail, so that it leaves at once."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """There is mail."""
        self._rung.set()

    def answered_by(self, sender: Sender) -> Callable[[], Coroutine[Any, Any, None]]:
        """A round of work: wait for the bell, `POLL_SECONDS` at most, then send all that is due."""

        async def answer() -> None:
            try:
                async with asyncio.timeout(POLL_SECONDS):
                    await self._rung.wait()
            except TimeoutError:
                pass
            self._rung.clear()
            await sender.send_all_due()

        return answer


def mailroom_for(settings: NotifierSettings, bell: MailBell) -> Mailroom:
    """What handlers need to queue mail."""
    domain = settings.mail_from.rpartition("@")[2] or "localhost"
    return Mailroom(settings.reminder_offsets_minutes, domain, bell.ring)


def message_sender(service: ServiceRuntime, settings: NotifierSettings) -> Sender:
    """Sends all mail but reminders."""
    announce_job(MESSAGES.name)
    mailer = mailer_for(settings)
    return Sender(MESSAGES, service.context, mailer, _composer(service, settings).message, _stopping(service))


def reminder_sender(service: ServiceRuntime, settings: NotifierSettings) -> Sender:
    """Sends reminders."""
    announce_job(REMINDERS.name)
    mailer = mailer_for(settings)
    return Sender(REMINDERS, service.context, mailer, _composer(service, settings).reminder, _stopping(service))


def _composer(service: ServiceRuntime, settings: NotifierSettings) -> Composer:
    return Composer(Links(settings.payment_page_url), settings.mail_from, service.broker)


def _stopping(service: ServiceRuntime) -> Callable[[], bool]:
    return lambda: service.health.stopping
