"""The one place that acknowledges: decode, run, then ack, retry with a delay, or dead-letter.

Nothing is lost by default. A message is acknowledged after the commit of its effect; a failure is
retried with a growing delay, and what can't succeed goes to DEADLETTER before it is terminated.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import structlog
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from shared.contracts.base import Command, Event, Outcome, Outcomes
from shared.errors import AlreadyHandled, Poison, Unavailable, Unreadable
from shared.failpoints import KernelFailpoint, failpoint, on_path
from shared.messaging.broker import Broker
from shared.messaging.dead_letters import DeadLetter
from shared.messaging.failures import PATIENT_ATTEMPTS, Dead, backoff, classify
from shared.messaging.handlers import Handler, Message
from shared.messaging.marks import is_ours
from shared.messaging.pull import Pull
from shared.messaging.topology import ACK_WAIT_SECONDS
from shared.metrics import CONSUMER_HALTED, DEAD_LETTERS, FOREIGN_MESSAGES, HANDLER_SECONDS, MESSAGES_HANDLED

log = structlog.get_logger()

PATIENCE_SECONDS = 20
"""How long a delivery is held and retried in place while something outside is down, before it is given back."""
DEAD_IN_A_ROW = 20
"""So many dead letters without a handled message between them, and the consumer stops: a bad release must not drain
its stream."""
OUTAGE_IN_A_ROW = 3
"""So many messages of a batch, tried one by one, fail alike: something outside is down, whatever they are about."""
SUSPECT_ATTEMPTS = 5
"""Deliveries after which a message may be one that kills its worker."""
SUSPECT_PAUSE_SECONDS = 0.1

Run = Callable[[Handler, Sequence[Message]], Awaitable[Any]]
"""Calls the handler with its context and adapters; what it returns are outcomes of requests, or None."""


class Consumer:
    """Runs one handler: pulls its deliveries and settles each of them."""

    def __init__(self, broker: Broker, handler: Handler, run: Run) -> None:
        self.handler = handler
        self.progress_at = time.monotonic()
        self._broker = broker
        self._run = run
        capacity = 2 * handler.batch * handler.concurrency
        self._pull = Pull(broker, handler.stream, handler.durable, capacity, _give_back)
        self._stopping = False
        self._dead_in_a_row = 0
        self._alone = asyncio.Lock()
        CONSUMER_HALTED.labels(handler.durable).set(0)

    @property
    def halted(self) -> bool:
        """Whether it has stopped by itself after `DEAD_IN_A_ROW` dead letters; a new start resumes."""
        return self._dead_in_a_row >= DEAD_IN_A_ROW

    async def run(self) -> None:
        """Handle deliveries until `stop`; returns once every one in hand is settled."""
        await self._pull.start()
        async with asyncio.TaskGroup() as workers:
            for _ in range(self.handler.concurrency):
                workers.create_task(self._work())

    async def stop(self) -> None:
        """Take no more; give back what was not started."""
        self._stopping = True
        if left := await self._pull.stop():
            log.info("messages_given_back", handler=self.handler.durable, count=left)

    async def _work(self) -> None:
        on_path(self.handler.durable)
        while deliveries := await self._pull.take(self.handler.batch, self.handler.linger):
            failpoint(KernelFailpoint.BATCH_READ)
            alive = asyncio.create_task(_keep_alive(deliveries))
            try:
                await self._handle_apart(deliveries)
            finally:
                alive.cancel()
                self._pull.done(len(deliveries))
                self.progress_at = time.monotonic()

    async def _handle_apart(self, deliveries: list[Msg]) -> None:
        """What may have killed its worker before is handled alone and in no order.

        Otherwise it would take along the same others each time, until they are all taken for deadly.
        """
        fresh = [msg for msg in deliveries if msg.metadata.num_delivered <= SUSPECT_ATTEMPTS]
        if fresh:
            await self._handle(fresh)
        if len(fresh) == len(deliveries):
            return
        suspects = [msg for msg in deliveries if msg.metadata.num_delivered > SUSPECT_ATTEMPTS]
        for msg in random.sample(suspects, len(suspects)):
            await asyncio.sleep(random.uniform(0, SUSPECT_PAUSE_SECONDS))  # noqa: S311 - an order, not a secret
            async with self._alone:
                await self._handle([msg])

    async def _handle(self, deliveries: list[Msg]) -> None:
        """One batch: together if it goes well, else one by one, so that poison harms only itself."""
        deliveries = await self._drop_foreign(deliveries)
        decoded, poisoned = self._decode(deliveries)
        counted = sum(_counts(poison) for _, poison in poisoned)
        if decoded and counted and self._dead_in_a_row + counted >= DEAD_IN_A_ROW:
            for msg in deliveries:  # in their order, which decides whether so many follow each other
                await self._handle([msg])
            return
        for msg, poison in poisoned:
            await self._settle_failure(msg, poison)
        if not decoded:
            return
        # A delivery that has waited here past its lease may be here twice: the handler gets each message once.
        messages = list({message.id: message for _, message in decoded}.values())
        started = time.perf_counter()
        try:
            outcomes = await self._run_patiently(messages)
        except AlreadyHandled:
            await self._acknowledge(decoded, "duplicate")
        except Exception as error:  # noqa: BLE001 - the boundary where every failure is classified
            again = all(msg.metadata.num_delivered > 1 for msg, _ in decoded)
            if len(decoded) > 1 and (again or not isinstance(error, Unavailable)):
                log.warning("batch_failed", handler=self.handler.durable, size=len(decoded), error=repr(error)[:300])
                await self._handle_one_by_one(decoded, patient=not isinstance(error, Unavailable))
            else:
                for msg, _ in decoded:
                    await self._settle_failure(msg, error)
        else:
            HANDLER_SECONDS.labels(self.handler.durable).observe(time.perf_counter() - started)
            await self._send_outcomes(messages, outcomes)
            await self._acknowledge(decoded, "handled")

    async def _drop_foreign(self, deliveries: list[Msg]) -> list[Msg]:
        """Take what none of our publishers has sent off the stream; it is no dead letter, and halts nobody."""
        ours = []
        for msg in deliveries:
            message_type = self.handler.type_of(msg.subject)
            if is_ours(msg.headers, message_type.TYPE if message_type and issubclass(message_type, Event) else None):
                ours.append(msg)
            else:
                FOREIGN_MESSAGES.labels(self.handler.durable).inc()
                log.warning("foreign_message_dropped", handler=self.handler.durable, subject=msg.subject[:200])
                await _quietly(msg.term())
        return ours

    async def _handle_one_by_one(self, decoded: list[tuple[Msg, Message]], *, patient: bool) -> None:
        """What failed together may hold one that fails alone. After what looks like an outage each is tried once,
        until as many have failed in a row as only an outage explains."""
        failed = 0
        for msg, message in decoded:
            if patient:
                await self._handle([msg])
                continue
            try:
                if failed >= OUTAGE_IN_A_ROW:
                    raise Unavailable("the messages before this one failed as well")
                outcomes = await self._run(self.handler, [message])
            except AlreadyHandled:
                await self._acknowledge([(msg, message)], "duplicate")
            except Exception as error:  # noqa: BLE001 - the boundary where every failure is classified
                failed = failed + 1 if isinstance(error, Unavailable) else 0
                await self._settle_failure(msg, error)
            else:
                failed = 0
                await self._send_outcomes([message], outcomes)
                await self._acknowledge([(msg, message)], "handled")

    def _decode(self, deliveries: list[Msg]) -> tuple[list[tuple[Msg, Message]], list[tuple[Msg, Poison]]]:
        """The deliveries that can be read, and those that can't, each in their order."""
        decoded: list[tuple[Msg, Message]] = []
        poisoned: list[tuple[Msg, Poison]] = []
        for msg in deliveries:
            try:
                if msg.metadata.num_delivered > PATIENT_ATTEMPTS:
                    raise Poison("was delivered too often, perhaps killing its worker each time")
                decoded.append((msg, self.handler.decode(msg.subject, msg.data)))
            except Poison as error:
                poisoned.append((msg, error))
        return decoded, poisoned

    async def _run_patiently(self, messages: list[Message]) -> Any:
        """Run the handler; while something outside is down, hold the delivery and try again in place."""
        give_up_at = time.monotonic() + PATIENCE_SECONDS
        pause = 0.1
        while True:
            try:
                return await self._run(self.handler, messages)
            except Unavailable as error:
                if self._stopping or time.monotonic() + pause > give_up_at:
                    raise
                log.warning("waiting_for_dependency", handler=self.handler.durable, error=str(error))
                await asyncio.sleep(pause)
                pause = min(pause * 2, 1.0)

    async def _send_outcomes(self, messages: list[Message], outcomes: list[Outcome] | None) -> None:
        """Tell each waiting gateway; a gateway that can't be told asks later, so loss is harmless."""
        if not outcomes:
            return
        waiting = {m.id: m.outcome_to for m in messages if isinstance(m, Command)}
        by_gateway: dict[str, list[Outcome]] = {}
        for outcome in outcomes:
            if gateway := waiting.get(outcome.command_id):
                by_gateway.setdefault(gateway, []).append(outcome)
        for gateway, group in by_gateway.items():
            failpoint(KernelFailpoint.OUTCOME_SENDING)
            try:
                await self._send_group(gateway, group)
            except (Unavailable, ValueError) as error:
                log.warning("outcome_not_sent", error=str(error))
            failpoint(KernelFailpoint.OUTCOME_SENT)

    async def _send_group(self, gateway: str, group: list[Outcome]) -> None:
        """In one message, or in as many as it takes for each to be one that the server takes."""
        payload = Outcomes(outcomes=group).model_dump_json().encode()
        if len(payload) > self._broker.largest and len(group) > 1:
            middle = len(group) // 2
            await self._send_group(gateway, group[:middle])
            await self._send_group(gateway, group[middle:])
        else:
            await self._broker.send(gateway, payload)

    async def _acknowledge(self, decoded: list[tuple[Msg, Message]], outcome: str) -> None:
        failpoint(KernelFailpoint.ACKNOWLEDGING)
        for msg, _ in decoded:
            await _quietly(msg.ack())
        failpoint(KernelFailpoint.ACKNOWLEDGED)
        if not self.halted:
            self._dead_in_a_row = 0
        MESSAGES_HANDLED.labels(self.handler.durable, outcome).inc(len(decoded))

    async def _settle_failure(self, msg: Msg, error: Exception) -> None:
        attempt = msg.metadata.num_delivered
        verdict = classify(error, attempt)
        fields = {
            "handler": self.handler.durable,
            "subject": msg.subject,
            "attempt": attempt,
            "error": f"{type(error).__name__}: {error}"[:300],
        }
        if isinstance(verdict, Dead):
            if not self.halted and await self._dead_letter(msg, error, verdict.reason):
                log.error("message_dead_lettered", reason=verdict.reason, **fields)
                if self.halted and not self._stopping:
                    log.error("consumer_halted", handler=self.handler.durable, dead_letters=DEAD_IN_A_ROW)
                    CONSUMER_HALTED.labels(self.handler.durable).set(1)
                    await self.stop()
                return
            await _quietly(msg.nak(delay=backoff(attempt)))
        else:
            # Who stays would have held it until the outage is over: leaving cuts that short, which is not its fault.
            delay = 0.0 if self._stopping and isinstance(error, Unavailable) else verdict.delay
            log.warning("message_retried", delay=round(delay, 2), exc_info=error if attempt == 3 else None, **fields)
            failpoint(KernelFailpoint.RETURNING)
            await _quietly(msg.nak(delay=delay))
            failpoint(KernelFailpoint.RETURNED)
            MESSAGES_HANDLED.labels(self.handler.durable, "retried").inc()

    async def _dead_letter(self, msg: Msg, error: Exception, reason: str) -> bool:
        """Keep the untouched message and why it failed; only then take it off its stream's consumer."""
        metadata = msg.metadata
        letter = DeadLetter(
            durable=self.handler.durable,
            subject=msg.subject,
            stream=metadata.stream,
            sequence=metadata.sequence.stream,
            attempts=metadata.num_delivered,
            reason=reason,
            error=f"{type(error).__name__}: {error}",
            headers=msg.headers or {},
            payload=msg.data,
        )
        self._dead_in_a_row += _counts(error)
        failpoint(KernelFailpoint.DEAD_LETTERING)
        try:
            await self._broker.publish(letter.address, letter.payload, letter.message_id, letter.to_headers())
        except Unavailable:
            self._dead_in_a_row = max(0, self._dead_in_a_row - _counts(error))
            return False
        failpoint(KernelFailpoint.DEAD_LETTERED)
        await _quietly(msg.term())
        failpoint(KernelFailpoint.TERMINATED)
        MESSAGES_HANDLED.labels(self.handler.durable, "dead_lettered").inc()
        DEAD_LETTERS.labels(self.handler.durable, reason).inc()
        return True


def _counts(error: Exception) -> int:
    """1 for a dead letter that may be the fault of our code, of which many in a row halt the consumer; else 0."""
    return 0 if isinstance(error, Unreadable) else 1


async def _keep_alive(deliveries: list[Msg]) -> None:
    """Renew the acknowledgement wait of what is being handled, so that nobody else gets it meanwhile."""
    while True:
        await asyncio.sleep(ACK_WAIT_SECONDS / 3)
        for msg in deliveries:
            if not msg._ackd:
                await _quietly(msg.in_progress())


async def _give_back(msg: Msg) -> None:
    """Let another consumer have it at once."""
    await _quietly(msg.nak())


async def _quietly(settling: Awaitable[Any]) -> None:
    """An acknowledgement that can't be sent means a redelivery, which the inbox makes harmless."""
    try:
        await settling
    except (NatsError, OSError) as error:
        log.warning("settling_failed", error=type(error).__name__)
