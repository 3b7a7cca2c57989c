"""The way from a write over HTTP to a durable command and back: store it, wait for its outcome, answer."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from gateway.commands.backlog import Backlog
from gateway.commands.outcomes import OutcomeInbox
from gateway.failpoints import GatewayFailpoint
from gateway.http.answers import EXAMPLE_ID, REPEATED, Responses, shows
from gateway.http.headers import CommandHeaders, Preference
from gateway.http.problems import render_refusal
from shared.clock import utc_now
from shared.contracts.base import Command, Contract, Outcome
from shared.failpoints import failpoint
from shared.messaging.broker import Broker
from shared.messaging.sending import send_command

PERMIT_SECONDS = 1.0
"""How long a stored command keeps its request's permit while it waits for its outcome."""
SILENCE_SECONDS = 2.0
"""No outcome at all for so long: booking-service, or its database, is away, and waiting on is in vain."""

_ALWAYS_SHOWN = frozenset(
    {
        *("resource_id", "notes", "metadata", "phone", "reason"),
        *("buffer_before_minutes", "buffer_after_minutes", "deposit_percent"),
        *("minimum_notice_minutes", "horizon_days", "slot_step_minutes"),
    }
)
"""Optional members that have been part of every fingerprint from the first; no other joins them."""


class CommandAccepted(BaseModel):
    """The command is stored and will be carried out; `location` will show what came of it."""

    id: UUID
    status: Literal["accepted"]
    location: str


SUBMITTING = ("idempotency_key_reused", "unavailable", "overloaded")
"""With which codes every command may be refused."""


def decided(status: int, example: Any, *headers: str, links: Mapping[str, Any] | None = None) -> Responses:
    """The answer of a command that was carried out, for a route's `responses`."""
    description = "It is done; the body is the thing as it now stands."
    return shows(status, example, "Location", *REPEATED, *headers, links=links, description=description)


def waiting(place: str, *headers: str, links: Mapping[str, Any] | None = None) -> Responses:
    """The answer of who has stored a command or follows one, for a route's `responses`; `place` as `location` below."""
    located = place.format(id=EXAMPLE_ID)
    thing = CommandAccepted(id=EXAMPLE_ID, status="accepted", location=located).model_dump(mode="json")
    description = "Stored; it will be carried out. `Location` shows what came of it."
    said = ("Location", "Retry-After", *headers)
    return shows(202, thing, *said, links=links, description=description, model=CommandAccepted)


class CommandSubmitter:
    """Stores commands and answers with what became of them."""

    def __init__(self, broker: Broker, inbox: OutcomeInbox, backlog: Backlog, wait_seconds: float) -> None:
        self._broker = broker
        self._inbox = inbox
        self._backlog = backlog
        self._wait_seconds = wait_seconds

    def envelope(
        self,
        request: Request,
        tenant_id: UUID,
        body: BaseModel,
        headers: CommandHeaders,
        subject_id: UUID | None = None,
    ) -> dict[str, Any]:
        """The members that every `Command` has; `subject_id` is None for a creation.

        The HTTP request's id becomes the command's, so that one id runs through the whole chain. The thing that a
        creation makes gets its id from the key, so that each repeat is told the same `Location`.
        """
        request_id: UUID = request.scope["request_id"]
        key = headers.idempotency_key
        print_of_body = fingerprint(request.scope["path"], body) if key else None
        if subject_id is None and key and print_of_body:
            subject_id = id_by_key(tenant_id, key, print_of_body)
        return {
            "id": request_id,
            "tenant_id": tenant_id,
            "subject_id": subject_id or request_id,
            "received_at": utc_now(),
            "outcome_to": self._inbox.subject,
            "idempotency_key": key,
            "fingerprint": print_of_body,
        }

    async def submit(
        self, request: Request, command: Command, headers: CommandHeaders, shown: type[Contract], location: str
    ) -> Response:
        """Store the command, then answer with its outcome, or with 202 if none comes in time.

        `location` is where the thing can be seen, with `{id}` for its id. Raises 503 `overloaded` if too
        many wait already, `Unavailable` if the command could not be stored, or nobody can say whether it was.
        """
        self._backlog.check()
        preference = headers.preference
        seconds = preference.seconds(self._wait_seconds)
        deadline = asyncio.get_running_loop().time() + seconds
        with self._inbox.expect(command.id) as coming:
            failpoint(GatewayFailpoint.COMMAND_PUBLISHING)
            await send_command(self._broker, command)
            failpoint(GatewayFailpoint.COMMAND_PUBLISHED)
            if seconds > 0:
                await self._wait(request, coming, deadline, patient=preference.wait is not None)
            if seconds <= 0 or not coming.done():
                # A creation is followed at its thing; a change there too, but by its own name.
                place = location if command.CREATES else f"{location}?command={command.id}"
                return accepted(command.subject_id, place, preference)
            outcome = coming.result()
        failpoint(GatewayFailpoint.COMMAND_DECIDED)
        return _decided(request, outcome, shown, location, preference)

    def envelopes(
        self, request: Request, tenant_id: UUID, bodies: Sequence[tuple[UUID, BaseModel]], headers: CommandHeaders
    ) -> list[dict[str, Any]]:
        """The same for many changes in one request, each of a thing: a command has an id, a key and a fingerprint of
        its own, so that a repeat carries out what was not, and nothing twice."""
        made = []
        for number, (subject_id, body) in enumerate(bodies):
            one = self.envelope(request, tenant_id, body, headers, subject_id)
            one["id"] = id_by_key(tenant_id, str(one["id"]), str(number))
            if headers.idempotency_key:
                one["idempotency_key"] = f"{headers.idempotency_key}#{number}"
            made.append(one)
        return made

    async def submit_all(
        self, request: Request, commands: Sequence[Command], headers: CommandHeaders
    ) -> list[Outcome | None]:
        """Store all commands, then give the outcome of each, None for those that still wait when time is up.

        Raises as `submit`; what was stored by then is carried out, as a repeat under the same key will tell.
        """
        self._backlog.check()
        seconds = headers.preference.seconds(self._wait_seconds)
        with ExitStack() as expected:
            coming = [expected.enter_context(self._inbox.expect(command.id)) for command in commands]
            for command in commands:
                await send_command(self._broker, command)
            if seconds > 0:
                if permit := request.scope.get("permit"):
                    permit.release()
                await asyncio.wait(coming, timeout=seconds)
            return [each.result() if each.done() else None for each in coming]

    async def _wait(self, request: Request, coming: asyncio.Future[Outcome], deadline: float, *, patient: bool) -> None:
        """Until the outcome comes or the deadline; unless the client is patient, until it is clear that nobody works.

        Who waits for long gives its permit back: waiting costs next to nothing, and must not keep others out.
        """
        now = asyncio.get_running_loop().time
        stored_at = now()
        await asyncio.wait((coming,), timeout=max(0.0, min(deadline - stored_at, PERMIT_SECONDS)))
        if coming.done():
            return
        if permit := request.scope.get("permit"):
            permit.release()
        if not patient:
            await asyncio.wait((coming,), timeout=max(0.0, min(deadline, stored_at + SILENCE_SECONDS) - now()))
            if self._inbox.silent_since(stored_at):
                return
        await asyncio.wait((coming,), timeout=max(0.0, deadline - now()))


def id_by_key(tenant_id: UUID, key: str, print_of_body: str) -> UUID:
    """The id of what this write creates, whenever and by whichever gateway it is sent again: a UUID of version 8
    (RFC 9562 §5.8) over tenant, key and body."""
    said = b"\0".join((tenant_id.bytes, key.encode(), print_of_body.encode()))
    number = int.from_bytes(hashlib.blake2b(said, digest_size=16, person=b"tidebook-created").digest())
    return UUID(int=number & ~(0xF << 76) & ~(0x3 << 62) | (0x8 << 76) | (0x2 << 62))


def fingerprint(path: str, body: BaseModel) -> str:
    """What tells the same command from another under the same key: SHA-256 over path and canonical body.

    Canonical: validated, so that order of members, spacing, defaults left out and other offsets of
    the same instant make no difference. Nor does an optional member that the gateway has learnt since, as
    long as nobody gives it: a key that was sent before an update is repeated after it.
    """
    return hashlib.sha256(f"{path}\n{body.model_dump_json(exclude=_left_out(body))}".encode()).hexdigest()


def _left_out(body: BaseModel) -> dict[str, Any]:
    """The members that say nothing, as `model_dump` takes them: those that have their default, inner ones too."""
    found: dict[str, Any] = {}
    for name, field in type(body).model_fields.items():
        value = getattr(body, name)
        if name not in _ALWAYS_SHOWN and value == field.get_default(call_default_factory=True, validated_data={}):
            found[name] = True
        elif isinstance(value, BaseModel) and (inner := _left_out(value)):
            found[name] = inner
    return found


def accepted(subject_id: UUID, location: str, preference: Preference | None = None) -> Response:
    """202: stored, not carried out yet."""
    place = location.format(id=subject_id)
    headers = {"Location": place, "Retry-After": "1"}
    if preference and (applied := preference.applied(accepted=True)):
        headers["Preference-Applied"] = applied
    return _json(CommandAccepted(id=subject_id, status="accepted", location=place), 202, headers)


def entity_tag(version: int) -> str:
    """The `ETag` of a thing that has versions, as `If-Match` takes it."""
    return f'"{version}"'


def _decided(
    request: Request, outcome: Outcome, shown: type[Contract], location: str, preference: Preference
) -> Response:
    headers = {"Idempotent-Replayed": "true"} if outcome.replayed else {}
    if applied := preference.applied(accepted=False):
        headers["Preference-Applied"] = applied
    if outcome.refusal is not None:
        return render_refusal(request.scope, outcome.refusal, headers)
    thing: Any = shown.model_validate(outcome.result or {})  # of an earlier release it may lack what came later
    headers["Location"] = location.format(id=thing.id)
    if "version" in shown.model_fields:
        headers["ETag"] = entity_tag(thing.version)
    return _json(thing, outcome.status, headers)


def _json(thing: BaseModel, status: int, headers: dict[str, str]) -> Response:
    return Response(thing.model_dump_json(), status, headers, "application/json")
