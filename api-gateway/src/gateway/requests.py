"""Durable requests: publish, wait for the outcome, answer; and what became of one that nobody waited for."""

import asyncio
import hashlib
from datetime import UTC, datetime
from enum import Enum
from typing import Any
from uuid import UUID

import structlog
from nats.errors import Error as NatsError
from nats.js.api import ConsumerInfo
from nats.js.errors import Error as JetStreamError
from nats.js.errors import NotFoundError
from pydantic import BaseModel
from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from gateway.outcomes import OutcomeInbox
from gateway.overload import Backlog
from gateway.problems import render_refusal
from gateway.request_headers import Preference, parse_idempotency_key, parse_prefer
from gateway.responses import show
from gateway.schemas import Accepted, Shown
from shared.contracts.base import Outcome, Request
from shared.crash_points import CrashPoint, reach
from shared.errors import Unavailable
from shared.messaging.broker import Broker

log = structlog.get_logger()

STREAM = "REQUESTS"
PLACE_SECONDS = 1.0
"""How long a stored wish keeps its place in the gateway while it waits for its outcome."""
SILENCE_SECONDS = 2.0
"""No outcome at all for so long: booking-service, or its database, is away, and waiting on is in vain."""


class Progress(Enum):
    """How far a stored request has come."""

    UNKNOWN = "unknown"
    """No such request is stored (or it is older than the stream keeps)."""
    WAITING = "waiting"
    """Stored, and nobody has finished with it."""
    DONE = "done"
    """Handled; whatever came of it, booking-service knows."""


class DurableRequests:
    """The way from an HTTP write to a message on the REQUESTS stream and back."""

    def __init__(self, broker: Broker, inbox: OutcomeInbox, backlog: Backlog, wait_seconds: float) -> None:
        self._broker = broker
        self._inbox = inbox
        self._backlog = backlog
        self._wait_seconds = wait_seconds

    def envelope(
        self, http: HttpRequest, tenant_id: UUID, body: BaseModel, subject_id: UUID | None = None
    ) -> dict[str, Any]:
        """The members that every contract `Request` has; `subject_id` is None for a creation.

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

    async def submit(self, http: HttpRequest, wish: Request, shown: type[Shown], location: str) -> Response:
        """Store the wish, then answer with its outcome, or with 202 if none comes in time.

        `location` is where the thing can be seen, with `{id}` for its id. Raises 503 `overloaded` if too
        many wait already, `Unavailable` if the wish could not be stored, or nobody can say whether it was.
        """
        self._backlog.check()
        preference = parse_prefer(http.headers.getlist("prefer"))
        seconds = preference.seconds(self._wait_seconds)
        deadline = asyncio.get_running_loop().time() + seconds
        with self._inbox.expect(wish.id) as coming:
            reach(CrashPoint.REQUEST_PUBLISHING)
            await self._broker.publish(wish.subject, wish.model_dump_json().encode(), message_id=str(wish.id))
            reach(CrashPoint.REQUEST_PUBLISHED)
            if seconds > 0:
                await self._wait(http, coming, deadline, patient=preference.wait is not None)
            if seconds <= 0 or not coming.done():
                return accepted(wish.subject_id, location.format(id=wish.subject_id), preference)
            outcome = coming.result()
        reach(CrashPoint.REQUEST_DECIDED)
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

    async def progress(self, request_type: type[Request], tenant_id: UUID, subject_id: UUID) -> Progress:
        """How far the creation of that thing has come. Raises `Unavailable` if NATS does not answer."""
        subject = f"{request_type.TYPE}.{tenant_id}.{subject_id}"
        try:
            async with asyncio.timeout(2):
                try:
                    stored = await self._broker.js.get_last_msg(STREAM, subject, direct=True)
                except NotFoundError:
                    return Progress.UNKNOWN
                consumers = await self._broker.js.consumers_info(STREAM)
        except (NatsError, JetStreamError, OSError, TimeoutError) as error:
            raise Unavailable(f"nats: {type(error).__name__}") from error
        finished = max((_finished(c) for c in consumers if _reads(c, request_type)), default=0)
        return Progress.DONE if (stored.seq or 0) <= finished else Progress.WAITING


def fingerprint(path: str, body: BaseModel) -> str:
    """What tells the same wish from another under the same key: SHA-256 over path and canonical body.

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


def _reads(consumer: ConsumerInfo, request_type: type[Request]) -> bool:
    config = consumer.config
    filters = (config.filter_subjects or [config.filter_subject or ""]) if config else []
    return any(subject.startswith(request_type.TYPE + ".") for subject in filters)


def _finished(consumer: ConsumerInfo) -> int:
    return (consumer.ack_floor.stream_seq or 0) if consumer.ack_floor else 0
