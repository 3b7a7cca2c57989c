"""Dead letters as the operator sees them: read from DEADLETTER, replayed by their service, decided on once.

A letter stays on its stream until it has been handled or discarded; what was decided stays in the audit log.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from nats.errors import Error as NatsError
from nats.js.api import RawStreamMsg
from nats.js.errors import BadRequestError, NotFoundError
from nats.js.errors import Error as JetStreamError

from gateway.audit import Action, AuditContext, AuditEntry, decision_on, record
from gateway.http.problems import Problem
from shared.clock import utc_now
from shared.errors import NotFound, Unavailable
from shared.messaging.broker import Broker
from shared.messaging.dead_letters import DeadLetter
from shared.messaging.replaying import replay
from shared.messaging.topology import DEADLETTER
from shared.persistence.transaction import EVERY_TENANT
from shared.runtime.service import ServiceRuntime

REPLAYS_A_SECOND = 50
"""How fast a bulk replay goes, so that it does not crowd out the living."""
FAILURES_IN_A_ROW = 10
"""A bulk replay stops after so many: what is broken is not mended yet."""


@dataclass(frozen=True, slots=True)
class StoredDeadLetter:
    """A dead letter on its stream."""

    number: int
    """Its sequence on DEADLETTER, by which the operator names it."""
    died_at: datetime
    letter: DeadLetter

    @property
    def name(self) -> str:
        """Its name in the audit log; with its time, since a stream that was lost begins at 1 again."""
        return f"{_prefix(self.number)}{self.died_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"

    @property
    def summary(self) -> str:
        """What it was, for the audit log."""
        letter = self.letter
        return f"{letter.durable} could not handle {letter.subject} ({letter.stream} {letter.sequence}): {letter.error}"


@dataclass(slots=True)
class BulkReplay:
    """What came of replaying many."""

    replayed: int = 0
    failed: list[tuple[int, str]] = field(default_factory=list)
    """Numbers of those that failed again, with what went wrong."""
    last: int = 0
    """The number to go on after."""
    stopped: str | None = None
    """Why it gave up early, if it did."""


class DeadLetterStore:
    """The dead letters of the whole installation."""

    def __init__(self, broker: Broker, service: ServiceRuntime) -> None:
        self._broker = broker
        self._service = service
        self._bulk = asyncio.Lock()

    async def count(self, durable: str | None) -> int:
        """How many there are, of one consumer or of all."""
        try:
            info = await self._broker.js.stream_info(DEADLETTER, subjects_filter=_filter(durable))
        except (NatsError, JetStreamError, OSError, TimeoutError) as error:
            raise _away(error) from error
        return sum((info.state.subjects or {}).values())

    async def after(self, number: int, durable: str | None) -> AsyncIterator[StoredDeadLetter]:
        """Those after the given number, oldest first, of one consumer or of all."""
        while stored := await self._get(number + 1, _filter(durable)):
            yield stored
            number = stored.number

    async def find(self, number: int) -> StoredDeadLetter:
        """The letter of this number. Raises `NotFound`, with what became of it."""
        if stored := await self._get(number):
            return stored
        raise _gone(number, await self._decision(_prefix(number)))

    async def replay(self, number: int, context: AuditContext) -> AuditEntry:
        """Have its consumer handle it again; a letter that was replayed before is left alone, and the first time told.

        Raises 409 `already_discarded`, 409 `replay_failed` with the reason, `NotFound`, `Unavailable`.
        """
        stored = await self._look_up(number)
        if isinstance(stored, AuditEntry):
            return _same(stored, Action.REPLAYED, "already_discarded")
        replayed = await replay(self._broker, stored.number, stored.letter.durable)
        if replayed.outcome == "gone":
            decided = await self._look_up(number)
            if isinstance(decided, AuditEntry):
                return _same(decided, Action.REPLAYED, "already_discarded")
            raise Unavailable("replay: the letter is there and is not")
        if replayed.outcome == "unavailable":
            raise Unavailable(f"replay: {replayed.detail}")
        if replayed.outcome == "failed":
            await self._record(context, Action.REPLAY_FAILED, stored, replayed.detail)
            raise Problem(409, f"It failed again: {replayed.detail}", "replay_failed")
        entry = await self._record(context, Action.REPLAYED, stored, f"{replayed.outcome}; {stored.summary}")
        await self._delete(number)
        return entry

    async def discard(self, number: int, context: AuditContext) -> AuditEntry:
        """Give it up for good; twice is once. Raises 409 `already_replayed`, `NotFound`, `Unavailable`."""
        stored = await self._look_up(number)
        if isinstance(stored, AuditEntry):
            return _same(stored, Action.DISCARDED, "already_replayed")
        entry = await self._record(context, Action.DISCARDED, stored, stored.summary)
        await self._delete(number)
        return entry

    async def replay_many(self, durable: str, after: int, limit: int, context: AuditContext) -> BulkReplay:
        """Replay up to `limit` letters of one consumer, `REPLAYS_A_SECOND`, oldest first.

        Raises 409 `replay_running` while another bulk replay of this gateway runs.
        """
        if self._bulk.locked():
            raise Problem(409, "Another bulk replay is running.", "replay_running", headers={"Retry-After": "5"})
        done = BulkReplay(last=after)
        failures = 0
        async with self._bulk:
            started = time.monotonic()
            async for stored in self.after(after, durable):
                if done.replayed + len(done.failed) >= limit or done.stopped:
                    break
                try:
                    await self.replay(stored.number, context)
                    done.replayed, failures = done.replayed + 1, 0
                except Problem as problem:
                    done.failed.append((stored.number, problem.detail))
                    failures += 1
                    if failures >= FAILURES_IN_A_ROW:
                        done.stopped = f"{failures} in a row failed again"
                except Unavailable as error:
                    done.stopped = str(error)
                    break
                except NotFound:
                    pass  # somebody else has just decided on it
                done.last = stored.number
                ahead = (done.replayed + len(done.failed)) / REPLAYS_A_SECOND - (time.monotonic() - started)
                await asyncio.sleep(max(0.0, ahead))
        return done

    async def _look_up(self, number: int) -> StoredDeadLetter | AuditEntry:
        """A letter that waits, or the decision on one. Raises `NotFound` if there is neither."""
        stored = await self._get(number)
        decision = await self._decision(stored.name if stored else _prefix(number))
        if decision and stored:
            await self._delete(number)  # whoever decided died before
        if decision:
            return decision
        if stored:
            return stored
        raise _gone(number, None)

    async def _get(self, number: int, subject: str | None = None) -> StoredDeadLetter | None:
        """The letter of this number; with a subject, the first one on it from there."""
        try:
            raw = await self._broker.js.get_msg(
                DEADLETTER, seq=number, subject=subject, direct=True, next=subject is not None
            )
        except NotFoundError:
            return None
        except (NatsError, JetStreamError, OSError, TimeoutError) as error:
            raise _away(error) from error
        return _stored(raw)

    async def _delete(self, number: int) -> None:
        try:
            await self._broker.js.delete_msg(DEADLETTER, number)
        except (NotFoundError, BadRequestError):
            return  # gone already
        except (NatsError, JetStreamError, OSError, TimeoutError) as error:
            raise _away(error) from error

    async def _decision(self, name: str) -> AuditEntry | None:
        async with self._service.context().transaction(EVERY_TENANT) as tx:
            return await decision_on(tx.session, name)

    async def _record(
        self, context: AuditContext, action: Action, stored: StoredDeadLetter, details: str
    ) -> AuditEntry:
        async with self._service.context().transaction(EVERY_TENANT) as tx:
            return await record(tx.session, context, action, stored.name, details)


def _filter(durable: str | None) -> str:
    return f"deadletter.{durable or '>'}"


def _prefix(number: int) -> str:
    return f"dead_letter/{number}/"


def _stored(raw: RawStreamMsg) -> StoredDeadLetter:
    letter = DeadLetter.read(raw.subject or "", raw.headers or {}, raw.data or b"")
    return StoredDeadLetter(raw.seq or 0, raw.time or utc_now(), letter)


def _same(decision: AuditEntry, action: Action, code: str) -> AuditEntry:
    """The decision, if it was the same. Raises 409 otherwise."""
    if decision.action != action:
        raise Problem(409, _describe(decision), code)
    return decision


def _describe(decision: AuditEntry) -> str:
    return f"It was {decision.action.rpartition('.')[2]} at {decision.recorded_at:%Y-%m-%d %H:%M}Z."


def _gone(number: int, decision: AuditEntry | None) -> NotFound:
    described = _describe(decision) if decision else "It never was, or has expired."
    return NotFound(f"There is no dead letter {number}. {described}")


def _away(error: Exception) -> Unavailable:
    return Unavailable(f"nats: {type(error).__name__}")
