"""Sending what is due: take a few messages, check each again, send it outside any transaction, write it down.

At least once: a process that dies between the relay's acceptance and our commit sends that one mail
again, under the same Message-ID (RFC 1047). Everything else sends it once.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import structlog

from notifier.channels.email.mailer import Mailer, mailer_for
from notifier.channels.email.mime import Mail
from notifier.errors import MailRefused, Postponed, Superseded
from notifier.failpoints import NotifierFailpoint
from notifier.messages import rules
from notifier.messages.catalog import CATALOG
from notifier.messages.content import write_mail
from notifier.messages.model import About, Attempt, ClaimedMessage, MessageStatus
from notifier.messages.queue import LEASE_SECONDS, Queue, claim_due, give_back, renew, settle, skip_due
from notifier.metrics import EMAIL_JOBS, announce_job
from notifier.settings import NotifierSettings
from shared.clock import utc_now
from shared.contracts.booking.bookings import Booking, GetBooking
from shared.contracts.notifier.messages import MessageFailed, MessageSent
from shared.errors import Unavailable
from shared.failpoints import failpoint
from shared.messaging import rpc
from shared.messaging.broker import Broker
from shared.persistence.transaction import EVERY_TENANT
from shared.runtime.context import Context
from shared.runtime.service import ServiceRuntime

log = structlog.get_logger()

CLAIM = 20
"""Messages taken at once: few, so that replicas share the work and a stop gives little back."""
CONCURRENCY = 4
"""Mails under way at once in one process; the most copies that a crash can cost."""
SKIP = 5000
SEND_SECONDS = 120
"""The most one attempt may take: a relay that hangs must not hold a message for good."""
POLL_SECONDS = 0.5
"""How long a due message waits at most, should nobody wake the sender: retries, and what other processes queued."""
INTERRUPTIONS = 5
"""A message whose sender died this often is taken for the cause."""
WRITE_DOWN_SECONDS = 30
"""How long an attempt's end is kept in mind while the database does not answer."""
FINISH_SECONDS = 5
"""How long a stop waits for mails that are under way."""


@dataclass(slots=True)
class SendStats:
    """What became of the messages taken in one go."""

    taken: int = 0
    sent: int = 0
    skipped: int = 0
    refused: int = 0
    """Never to be delivered."""
    deferred: int = 0
    """To be tried again: the relay, or whoever had to be asked, did not answer as it should."""
    postponed: int = 0
    """Waiting for a time at which they may be sent; nothing is wrong."""

    def add(self, other: "SendStats") -> None:
        """Count another go's messages in."""
        self.taken += other.taken
        self.sent += other.sent
        self.skipped += other.skipped
        self.refused += other.refused
        self.deferred += other.deferred
        self.postponed += other.postponed


class Sender:
    """Sends one queue's messages; `mailer` None means that mail is off."""

    def __init__(
        self,
        queue: Queue,
        settings: NotifierSettings,
        mailer: Mailer | None,
        broker: Broker,
        context: Callable[[], Context],
        stopping: Callable[[], bool],
    ) -> None:
        self._queue = queue
        self._settings = settings
        self._mailer = mailer
        self._broker = broker
        self._context = context
        self._stopping = stopping
        announce_job(queue.name)

    async def send_when_woken(self, wake_up: asyncio.Event) -> None:
        """Wait until there is news, `POLL_SECONDS` at most, then send all that is due."""
        with suppress(TimeoutError):
            async with asyncio.timeout(POLL_SECONDS):
                await wake_up.wait()
        wake_up.clear()
        await self.send_all_due()

    async def send_all_due(self) -> SendStats:
        """Send until nothing is due."""
        total = SendStats()
        while not self._stopping():
            stats = await self.send_due()
            total.add(stats)
            if stats.taken < (SKIP if self._mailer is None else CLAIM):
                break
        return total

    async def send_due(self) -> SendStats:
        """Take and settle a few due messages. Raises `Unavailable` if the database does not answer."""
        if self._mailer is None:
            return await self._skip_due()
        async with self._context().transaction(EVERY_TENANT) as tx:
            messages = await claim_due(tx.session, self._queue, CLAIM, utc_now())
        stats = SendStats(taken=len(messages))
        if not messages:
            return stats
        failpoint(NotifierFailpoint.MAIL_CLAIMED)
        waiting = list(reversed(messages))
        held = {message.id: message for message in messages}
        async with self._leases(held), asyncio.TaskGroup() as workers:
            for _ in range(min(CONCURRENCY, len(messages))):
                workers.create_task(self._work(self._mailer, waiting, held, stats))
        return stats

    async def _skip_due(self) -> SendStats:
        async with self._context().transaction(EVERY_TENANT) as tx:
            skipped = await skip_due(tx.session, self._queue, SKIP, "mail is off", utc_now())
        EMAIL_JOBS.labels(self._queue.name, "skipped").inc(skipped)
        return SendStats(taken=skipped, skipped=skipped)

    @asynccontextmanager
    async def _leases(self, held: dict[UUID, ClaimedMessage]) -> AsyncIterator[None]:
        """Keep what is held from being taken by others; at the end give back what was not begun."""

        async def keep() -> None:
            while True:
                await asyncio.sleep(LEASE_SECONDS / 3)
                with suppress(Unavailable):
                    async with self._context().transaction(EVERY_TENANT) as tx:
                        await renew(tx.session, list(held.values()))

        keeper = asyncio.create_task(keep())
        try:
            yield
        finally:
            keeper.cancel()
            await asyncio.wait({keeper})
            if held:
                with suppress(Unavailable):
                    async with self._context().transaction(EVERY_TENANT) as tx:
                        await give_back(tx.session, list(held.values()), utc_now())

    async def _work(
        self, mailer: Mailer, waiting: list[ClaimedMessage], held: dict[UUID, ClaimedMessage], stats: SendStats
    ) -> None:
        """Deliver one after the other; a mail that is under way is finished even if we are cancelled."""
        while waiting and not self._stopping():
            message = waiting.pop()
            delivery = asyncio.create_task(self._deliver(mailer, message, stats))
            try:
                await asyncio.shield(delivery)
            except asyncio.CancelledError:
                await asyncio.wait({delivery}, timeout=FINISH_SECONDS)
                delivery.cancel()
                raise
            finally:
                # Begun is begun: if its end is unknown, its lease runs out and it is tried again.
                held.pop(message.id, None)

    async def _deliver(self, mailer: Mailer, message: ClaimedMessage, stats: SendStats) -> None:
        end, label = Attempt(MessageStatus.SENT), "sent"
        try:
            if message.interruptions > INTERRUPTIONS:
                raise MailRefused("interrupted_too_often")
            mail = await self._write(message, utc_now())
            async with asyncio.timeout(SEND_SECONDS):
                failpoint(NotifierFailpoint.MAIL_HANDING_OVER)
                await mailer.send(mail)
            failpoint(NotifierFailpoint.MAIL_HANDED_OVER)
            stats.sent += 1
        except Superseded as reason:
            end, label = Attempt(MessageStatus.SKIPPED, str(reason)), "skipped"
            stats.skipped += 1
        except Postponed as wait:
            end, label = Attempt(MessageStatus.QUEUED, str(wait), wait.until), "postponed"
            stats.postponed += 1
        except MailRefused as refusal:
            end, label = Attempt(MessageStatus.FAILED, refusal.code), "error"
            stats.refused += 1
        except Exception as failure:  # noqa: BLE001 - one message's failure, even a bug, must not hold up the others
            end, label = _again(message, failure, utc_now()), "error"
            stats.deferred += 1
        EMAIL_JOBS.labels(self._queue.name, label).inc()
        await self._write_down_patiently(message, end)

    async def _write(self, message: ClaimedMessage, now: datetime) -> Mail:
        """The mail of a message, if it is still true.

        What was said when it was queued is checked against the booking as last heard of. A reminder leaves hours
        after it was planned, so booking-service itself is asked. Raises `Superseded`, `Postponed` if it is true but
        may not go at this hour, or `Unavailable` if nobody can say now.
        """
        if message.about is None:
            booking = await self._ask_for_booking(message)
            about = About(booking=booking, occurred_at=now)
            message = replace(message, booking_status=booking.status, booking_version=booking.version)
        else:
            about = About.model_validate_json(message.about)
        definition = CATALOG[message.kind]
        if reason := definition.guard(message, about, now):
            raise Superseded(reason)
        if until := definition.wait(about, now):
            raise Postponed("quiet hours", until)
        return write_mail(
            definition,
            about,
            locale=message.locale,
            recipient=message.recipient,
            message_id=message.message_id_header,
            payment_page=self._settings.payment_page_url,
            organizer=self._settings.mail_from,
        )

    async def _ask_for_booking(self, message: ClaimedMessage) -> Booking:
        if message.booking_id is None:
            raise Superseded("there is nothing to tell")
        query = GetBooking(tenant_id=message.tenant_id, booking_id=message.booking_id)
        try:
            return await rpc.call(self._broker, query)
        except rpc.Rejected as rejected:
            if rejected.refusal.status != 404:
                raise Unavailable(f"get_booking: {rejected.refusal.code}") from rejected
            raise Superseded("the booking is gone") from rejected

    async def _write_down_patiently(self, message: ClaimedMessage, end: Attempt) -> None:
        """A database that restarts just now should not cost a second copy."""
        give_up_at = time.monotonic() + WRITE_DOWN_SECONDS
        while True:
            try:
                return await self._write_down(message, end)
            except Unavailable as outage:
                if time.monotonic() > give_up_at:
                    log.error("message_end_not_written", message_id=str(message.id), error=str(outage))
                    return None
                await asyncio.sleep(0.5)

    async def _write_down(self, message: ClaimedMessage, end: Attempt) -> None:
        async with self._context().transaction({message.tenant_id}) as tx:
            if not await settle(tx.session, message, end):
                log.warning("message_lease_lost", message_id=str(message.id), kind=message.kind)
            elif end.status is MessageStatus.SENT:
                tx.emit(MessageSent(**_identity(message)).caused_by(message.correlation_id, message.causation_id))
            elif end.status is MessageStatus.FAILED:
                failed = MessageFailed(**_identity(message), reason=end.error or "")
                tx.emit(failed.caused_by(message.correlation_id, message.causation_id))
        failpoint(NotifierFailpoint.MAIL_RECORDED)
        log.info(
            f"message_{end.status}" if end.status is not MessageStatus.QUEUED else "message_deferred",
            message_id=str(message.id),
            booking_id=str(message.booking_id) if message.booking_id else None,
            kind=message.kind,
            attempt=message.attempts,
            reason=end.error,
        )


def _again(message: ClaimedMessage, failure: Exception, now: datetime) -> Attempt:
    """Queue for another attempt, or give up after a day."""
    error = str(failure) if isinstance(failure, Unavailable) else type(failure).__name__
    if not isinstance(failure, Unavailable | TimeoutError):
        log.error("message_not_written", message_id=str(message.id), kind=message.kind, exc_info=failure)
    return rules.attempt_again(message, error, now)


def _identity(message: ClaimedMessage) -> dict[str, object]:
    return {
        "tenant_id": message.tenant_id,
        "message_id": message.id,
        "booking_id": message.booking_id,
        "kind": message.kind,
        "version": message.version,
    }


def sender_for(queue: Queue, service: ServiceRuntime, settings: NotifierSettings) -> Sender:
    """The sender of that queue in this process, with the mailer that the settings name."""
    return Sender(
        queue, settings, mailer_for(settings), service.broker, service.context, lambda: service.health.stopping
    )
