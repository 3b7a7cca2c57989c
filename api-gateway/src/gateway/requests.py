"""Durable requests: publish, wait for the outcome, answer; and what became of one that nobody waited for."""

import asyncio
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from enum import Enum
from typing import Any, TypeVar
from uuid import UUID

import structlog
from nats.errors import Error as NatsError
from nats.js.api import ConsumerInfo
from nats.js.errors import Error as JetStreamError
from nats.js.errors import NotFoundError
from pydantic import BaseModel
from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from gateway.failpoints import GatewayFailpoint
from gateway.outcomes import OutcomeInbox
from gateway.overload import Backlog
from gateway.problems import render_refusal
from gateway.request_headers import Preference, parse_idempotency_key, parse_prefer
from gateway.responses import show
from gateway.schemas import Accepted, Shown
from shared.contracts.base import Command, Contract, Outcome, Query
from shared.contracts.booking.commands import FollowBookingCommand
from shared.errors import Unavailable
from shared.failpoints import failpoint
from shared.messaging.broker import Broker
from shared.messaging.rpc import Rejected, call

log = structlog.get_logger()

STREAM = "COMMANDS"
PLACE_SECONDS = 1.0
"""How long a stored command keeps its place in the gateway while it waits for its outcome."""
SILENCE_SECONDS = 2.0
"""No outcome at all for so long: booking-service, or its database, is away, and waiting on is in vain."""


R = TypeVar("R", bound=Contract)


class CommandState(Enum):
    """How far a stored request has come."""

    UNKNOWN = "unknown"
    """No such request is stored (or it is older than the stream keeps)."""
    WAITING = "waiting"
    """Stored, and nobody has finished with it."""
    DONE = "done"
    """Handled; whatever came of it, booking-service knows."""


class DurableRequests:
    """The way from an HTTP write to a message on the COMMANDS stream and back."""

    def __init__(self, broker: Broker, inbox: OutcomeInbox, backlog: Backlog, wait_seconds: float) -> None:
        self._broker = broker
        self._inbox = inbox
        self._backlog = backlog
        self._wait_seconds = wait_seconds

    def envelope(
        self, http: HttpRequest, tenant_id: UUID, body: BaseModel, subject_id: UUID | None = None
    ) -> dict[str, Any]:
        """The members that every contract `Command` has; `subject_id` is None for a creation.

        The HTTP request's id becomes the message's, so that one id runs through the whole chain.
        Raises 400 for a malformed `Idempotency-Key`.
        """
        request_id: UUID = http.scope["request_id"]
        key = parse_idempotency_key(http.headers.getlist("idempotency-key"))
        return {
            "id": request_id,
            "tenant_id": tenant_id,
            "subject_id": subject_id or request_id,
            "received_at": datetime.now(UTC),
            "outcome_to": self._inbox.subject,
            "idempotency_key": key,
            "fingerprint": fingerprint(http.scope["path"], body) if key else None,
        }

    async def submit(self, http: HttpRequest, command: Command, shown: type[Shown], location: str) -> Response:
        """Store the command, then answer with its outcome, or with 202 if none comes in time.

        `location` is where the thing can be seen, with `{id}` for its id. Raises 503 `overloaded` if too
        many wait already, `Unavailable` if the command could not be stored, or nobody can say whether it was.
        """
        self._backlog.check()
        preference = parse_prefer(http.headers.getlist("prefer"))
        seconds = preference.seconds(self._wait_seconds)
        deadline = asyncio.get_running_loop().time() + seconds
        with self._inbox.expect(command.id) as coming:
            failpoint(GatewayFailpoint.COMMAND_PUBLISHING)
            await self._broker.publish(command.subject, command.model_dump_json().encode(), message_id=str(command.id))
            failpoint(GatewayFailpoint.COMMAND_PUBLISHED)
            if seconds > 0:
                await self._wait(http, coming, deadline, patient=preference.wait is not None)
            if seconds <= 0 or not coming.done():
                return accepted(command.subject_id, location.format(id=command.subject_id), preference)
            outcome = coming.result()
        failpoint(GatewayFailpoint.COMMAND_DECIDED)
        return _settled(http, outcome, shown, location, preference)

    async def _wait(
        self, http: HttpRequest, coming: asyncio.Future[Outcome], deadline: float, *, patient: bool
    ) -> None:
        """Until the outcome comes or the deadline; unless the client is patient, until it is clear that nobody works.

        Who waits for long gives its place back: waiting costs next to nothing, and must not keep others out.
        """
        now = asyncio.get_running_loop().time
        stored_at = now()
        await asyncio.wait((coming,), timeout=max(0.0, min(deadline - stored_at, PLACE_SECONDS)))
        if coming.done():
            return
        if place := http.scope.get("place"):
            place.leave()
        if not patient:
            await asyncio.wait((coming,), timeout=max(0.0, min(deadline, stored_at + SILENCE_SECONDS) - now()))
            if self._inbox.silent_since(stored_at):
                return
        await asyncio.wait((coming,), timeout=max(0.0, deadline - now()))

    async def follow(
        self, creation: type[Command], tenant_id: UUID, thing_id: UUID, query_of: Callable[[UUID], Query[R]]
    ) -> R | None:
        """The thing that a command was to create, or None while that command waits.

        `query_of` asks for the thing of an id. Raises `Rejected` with the refusal of the command or of
        the query, `Unavailable` if the service is silent and no waiting command explains that.
        """
        try:
            return await call(self._broker, query_of(thing_id))
        except Unavailable:
            if await self.progress(creation, tenant_id, thing_id) is CommandState.WAITING:
                return None
            raise
        except Rejected as rejected:
            if rejected.refusal.status != 404:
                raise
            missing = rejected
        stored = await call(self._broker, FollowBookingCommand(tenant_id=tenant_id, command_id=thing_id))
        if stored.outcome and stored.outcome.refusal:
            raise Rejected(stored.outcome.refusal)
        if stored.outcome and stored.outcome.result:  # the command repeated another, whose thing it is
            return await call(self._broker, query_of(UUID(stored.outcome.result["id"])))
        state = await self.progress(creation, tenant_id, thing_id)
        if state is CommandState.WAITING:
            return None
        if state is CommandState.DONE:  # perhaps finished between the two questions
            return await call(self._broker, query_of(thing_id))
        raise missing

    async def progress(self, command_type: type[Command], tenant_id: UUID, subject_id: UUID) -> CommandState:
        """How far the creation of that thing has come. Raises `Unavailable` if NATS does not answer."""
        subject = f"{command_type.TYPE}.{tenant_id}.{subject_id}"
        try:
            async with asyncio.timeout(2):
                try:
                    stored = await self._broker.js.get_last_msg(STREAM, subject, direct=True)
                except NotFoundError:
                    return CommandState.UNKNOWN
                consumers = await self._broker.js.consumers_info(STREAM)
        except (NatsError, JetStreamError, OSError, TimeoutError) as error:
            raise Unavailable(f"nats: {type(error).__name__}") from error
        finished = max((_finished(c) for c in consumers if _reads(c, command_type)), default=0)
        return CommandState.DONE if (stored.seq or 0) <= finished else CommandState.WAITING


def fingerprint(path: str, body: BaseModel) -> str:
    """What tells the same command from another under the same key: SHA-256 over path and canonical body.

    Canonical: validated, so that order of members, spacing, defaults left out and other offsets of
    the same instant make no difference.
    """
    return hashlib.sha256(f"{path}\n{body.model_dump_json()}".encode()).hexdigest()


def accepted(subject_id: UUID, location: str, preference: Preference | None = None) -> Response:
    """202: stored, not carried out yet."""
    headers = {"Location": location, "Retry-After": "1"}
    if preference and (applied := preference.applied(accepted=True)):
        headers["Preference-Applied"] = applied
    return show(Accepted(id=subject_id, location=location), 202, headers)


def _settled(
    http: HttpRequest, outcome: Outcome, shown: type[Shown], location: str, preference: Preference
) -> Response:
    headers = {"Idempotent-Replayed": "true"} if outcome.replayed else {}
    if applied := preference.applied(accepted=False):
        headers["Preference-Applied"] = applied
    if outcome.refusal is not None:
        return render_refusal(http.scope, outcome.refusal, headers)
    thing = shown.model_validate(outcome.result)
    headers["Location"] = location.format(id=getattr(thing, "id"))  # noqa: B009 - every shown thing has one
    version = getattr(thing, "version", None)
    if version is not None:
        headers["ETag"] = f'"{version}"'
    return show(thing, outcome.status, headers)


def _reads(consumer: ConsumerInfo, command_type: type[Command]) -> bool:
    config = consumer.config
    filters = (config.filter_subjects or [config.filter_subject or ""]) if config else []
    return any(subject.startswith(command_type.TYPE + ".") for subject in filters)


def _finished(consumer: ConsumerInfo) -> int:
    return (consumer.ack_floor.stream_seq or 0) if consumer.ack_floor else 0
