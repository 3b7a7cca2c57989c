"""Sending what is due: take a few messages, check each again, send it outside any transaction, write it down.

At least once: a process that dies between the relay's acceptance and our commit sends that one mail
again, under the same Message-ID (reliability M3; RFC 1047). Everything else sends it once.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from uuid import UUID

import structlog

from notifier.claims import LEASE_SECONDS, Claim, Lane, claim_due, give_back, renew, settle, skip_due
from notifier.failpoints import NotifierFailpoint
from notifier.mail import Mail, MailRefused
from notifier.mailers import Mailer
from notifier.metrics import EMAIL_JOBS
from notifier.model import MessageStatus
from shared.contracts.notifier.messages import MessageFailed, MessageSent
from shared.errors import Unavailable
from shared.failpoints import failpoint
from shared.persistence.transaction import EVERY_TENANT
from shared.runtime.context import Context

log = structlog.get_logger()

CLAIM = 20
"""Messages taken at once: few, so that replicas share the work and a stop gives little back."""
CONCURRENCY = 4
"""Mails under way at once in one process; the most copies that a crash can cost."""
SKIP = 5000
SEND_SECONDS = 120
"""The most one attempt may take, whatever the relay does (fault 28)."""
RETRY_SECONDS = (5, 60, 300, 900)
"""Waits after the first failed attempts; then `RETRY_HOURLY`."""
RETRY_HOURLY = 3600
GIVE_UP_SECONDS = 24 * 3600
INTERRUPTIONS = 5
"""A message whose sender died this often is taken for the cause."""
WRITE_DOWN_SECONDS = 30
"""How long an attempt's end is kept in mind while the database does not answer."""
FINISH_SECONDS = 5
"""How long a stop waits for mails that are under way."""


class Overtaken(Exception):
    """The message is no longer true, so it is not sent; the text says why."""


Compose = Callable[[Claim], Awaitable[Mail]]
"""Writes the mail of a message. Raises `Overtaken`, `MailRefused`, or `Unavailable` if it can't be known now."""


@dataclass(slots=True)
class Tally:
    """What became of the messages taken in one go."""

    taken: int = 0
    sent: int = 0
    skipped: int = 0
    refused: int = 0
    """Never to be delivered."""
    deferred: int = 0
    """To be tried again: the relay, or whoever had to be asked, did not answer as it should."""

    def add(self, other: "Tally") -> None:
        """Count another go's messages in."""
        self.taken += other.taken
        self.sent += other.sent
        self.skipped += other.skipped
        self.refused += other.refused
        self.deferred += other.deferred


class Sender:
    """Sends one lane's messages; `mailer` None means that mail is off."""

    def __init__(
        self,
        lane: Lane,
        context: Callable[[], Context],
        mailer: Mailer | None,
        compose: Compose,
        stopping: Callable[[], bool],
    ) -> None:
        self.lane = lane
        self._context = context
        self._mailer = mailer
        self._compose = compose
        self._stopping = stopping

    async def send_all_due(self) -> Tally:
        """Send until nothing is due."""
        total = Tally()
        while not self._stopping():
            tally = await self.send_due()
            total.add(tally)
            if tally.taken < (SKIP if self._mailer is None else CLAIM):
                break
        return total

    async def send_due(self) -> Tally:
        """Take and settle a few due messages. Raises `Unavailable` if the database does not answer."""
        if self._mailer is None:
            return await self._skip_due()
        async with self._context().transaction(EVERY_TENANT) as tx:
            claims = await claim_due(tx.session, self.lane, CLAIM)
        tally = Tally(taken=len(claims))
        if not claims:
            return tally
        failpoint(NotifierFailpoint.MAIL_CLAIMED)
        waiting = list(reversed(claims))
        held = {claim.id: claim for claim in claims}
        async with self._leases(held), asyncio.TaskGroup() as workers:
            for _ in range(min(CONCURRENCY, len(claims))):
                workers.create_task(self._work(self._mailer, waiting, held, tally))
        return tally

    async def _skip_due(self) -> Tally:
        async with self._context().transaction(EVERY_TENANT) as tx:
            skipped = await skip_due(tx.session, self.lane, SKIP, "mail is off")
        EMAIL_JOBS.labels(self.lane.name, "skipped").inc(skipped)
        return Tally(taken=skipped, skipped=skipped)

    @asynccontextmanager
    async def _leases(self, held: dict[UUID, Claim]) -> AsyncIterator[None]:
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
                        await give_back(tx.session, list(held.values()))

    async def _work(self, mailer: Mailer, waiting: list[Claim], held: dict[UUID, Claim], tally: Tally) -> None:
        """Deliver one after the other; a mail that is under way is finished even if we are cancelled."""
        while waiting and not self._stopping():
            claim = waiting.pop()
            delivery = asyncio.create_task(self._deliver(mailer, claim, tally))
            try:
                await asyncio.shield(delivery)
            except asyncio.CancelledError:
                await asyncio.wait({delivery}, timeout=FINISH_SECONDS)
                delivery.cancel()
                raise
            finally:
                # Begun is begun: if its end is unknown, its lease runs out and it is tried again.
                held.pop(claim.id, None)

    async def _deliver(self, mailer: Mailer, claim: Claim, tally: Tally) -> None:
        status, error, delay = MessageStatus.SENT, None, 0.0
        try:
            if claim.interruptions > INTERRUPTIONS:
                raise MailRefused("interrupted_too_often")
            mail = await self._compose(claim)
            async with asyncio.timeout(SEND_SECONDS):
                failpoint(NotifierFailpoint.MAIL_HANDING_OVER)
                await mailer.send(mail)
            failpoint(NotifierFailpoint.MAIL_HANDED_OVER)
            tally.sent += 1
        except Overtaken as reason:
            status, error = MessageStatus.SKIPPED, str(reason)
            tally.skipped += 1
        except MailRefused as refusal:
            status, error = MessageStatus.FAILED, refusal.code
            tally.refused += 1
        except Exception as failure:  # noqa: BLE001 - one message's failure, even a bug, must not hold up the others
            status, error, delay = _again(claim, failure)
            tally.deferred += 1
        EMAIL_JOBS.labels(self.lane.name, _LABELS.get(status, "error")).inc()
        await self._write_down_patiently(claim, status, error, delay)

    async def _write_down_patiently(self, claim: Claim, status: MessageStatus, error: str | None, delay: float) -> None:
        """A database that restarts just now should not cost a second copy."""
        give_up_at = time.monotonic() + WRITE_DOWN_SECONDS
        while True:
            try:
                return await self._write_down(claim, status, error, delay)
            except Unavailable as outage:
                if time.monotonic() > give_up_at:
                    log.error("message_end_not_written", message_id=str(claim.id), error=str(outage))
                    return None
                await asyncio.sleep(0.5)

    async def _write_down(self, claim: Claim, status: MessageStatus, error: str | None, delay: float) -> None:
        async with self._context().transaction({claim.tenant_id}) as tx:
            if not await settle(tx.session, claim, status, error, delay):
                log.warning("message_lease_lost", message_id=str(claim.id), kind=claim.kind)
            elif status is MessageStatus.SENT:
                tx.emit(MessageSent(**_identity(claim)).caused_by(claim.correlation_id, claim.causation_id))
            elif status is MessageStatus.FAILED:
                tx.emit(
                    MessageFailed(**_identity(claim), reason=error or "").caused_by(
                        claim.correlation_id, claim.causation_id
                    )
                )
        failpoint(NotifierFailpoint.MAIL_RECORDED)
        log.info(
            f"message_{status}" if status is not MessageStatus.QUEUED else "message_deferred",
            message_id=str(claim.id),
            booking_id=str(claim.booking_id),
            kind=claim.kind,
            attempt=claim.attempts,
            reason=error,
        )


_LABELS = {MessageStatus.SENT: "sent", MessageStatus.SKIPPED: "skipped"}


def _again(claim: Claim, failure: Exception) -> tuple[MessageStatus, str, float]:
    """Queue for another attempt, or give up after a day."""
    error = str(failure) if isinstance(failure, Unavailable) else type(failure).__name__
    if not isinstance(failure, Unavailable | TimeoutError):
        log.error("message_not_written", message_id=str(claim.id), kind=claim.kind, exc_info=failure)
    delay = retry_delay(claim.attempts)
    if claim.age_seconds + delay > GIVE_UP_SECONDS:
        return MessageStatus.FAILED, f"gave_up: {error}", 0
    return MessageStatus.QUEUED, error, delay


def retry_delay(attempt: int) -> float:
    """Seconds to wait after the given failed attempt (1 is the first)."""
    return RETRY_SECONDS[attempt - 1] if attempt <= len(RETRY_SECONDS) else RETRY_HOURLY


def _identity(claim: Claim) -> dict[str, object]:
    return {
        "tenant_id": claim.tenant_id,
        "message_id": claim.id,
        "booking_id": claim.booking_id,
        "kind": claim.kind,
        "version": claim.version,
    }
