"""What has become of a command whose sender was answered `202`: one way for everything that commands create."""

import asyncio
from collections.abc import Callable, Iterable
from enum import Enum
from typing import TypeVar
from uuid import UUID

from nats.errors import Error as NatsError
from nats.js.api import ConsumerInfo
from nats.js.errors import Error as JetStreamError
from nats.js.errors import NotFoundError
from pydantic import BaseModel, ValidationError

from shared.contracts.base import Command, Contract, Query
from shared.contracts.booking.commands import FollowBookingCommand
from shared.errors import Unavailable
from shared.messaging.broker import Broker
from shared.messaging.rpc import Rejected, call

STREAM = "COMMANDS"
LOOK_SECONDS = 2.0

R = TypeVar("R", bound=Contract)


class CommandStatus(Enum):
    """How far a stored command has come."""

    UNKNOWN = "unknown"
    """No such command is stored (or it is older than the stream keeps)."""
    WAITING = "waiting"
    """Stored, and nobody has finished with it."""
    DONE = "done"
    """Handled; whatever came of it, its service knows."""


class _Named(BaseModel):
    """All that is read of a stored command."""

    id: UUID


class CommandFollower:
    """Finds what a command has created, or why it did not, or that it still waits."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

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
            if await self.status(creation, tenant_id, thing_id) is CommandStatus.WAITING:
                return None
            raise
        except Rejected as rejected:
            if rejected.refusal.status != 404:
                raise
            status, command_id = await self._newest(creation, tenant_id, thing_id)
            if status is CommandStatus.WAITING:
                return None
            asked = FollowBookingCommand(tenant_id=tenant_id, command_id=command_id or thing_id)
            outcome = (await call(self._broker, asked)).outcome
            if outcome is None and status is CommandStatus.UNKNOWN:
                raise
        if outcome and outcome.refusal:
            raise Rejected(outcome.refusal)
        made = (outcome.result or {}).get("id") if outcome else None
        return await call(self._broker, query_of(UUID(made) if made else thing_id))  # or finished since we asked

    async def waits(
        self, changes: Iterable[type[Command]], tenant_id: UUID, subject_id: UUID, command_id: UUID
    ) -> bool:
        """Whether a command that changes a thing still waits. Raises `Rejected` with its refusal if it was refused.

        `changes` are the types of command that the thing takes; `Unavailable` as in `follow`.
        """
        try:
            stored = await call(self._broker, FollowBookingCommand(tenant_id=tenant_id, command_id=command_id))
        except Unavailable:
            if await self._any_waits(changes, tenant_id, subject_id):
                return True
            raise
        if stored.outcome and stored.outcome.refusal:
            raise Rejected(stored.outcome.refusal)
        return stored.outcome is None and await self._any_waits(changes, tenant_id, subject_id)

    async def _any_waits(self, changes: Iterable[type[Command]], tenant_id: UUID, subject_id: UUID) -> bool:
        states = [await self.status(change, tenant_id, subject_id) for change in changes]
        return CommandStatus.WAITING in states

    async def status(self, command_type: type[Command], tenant_id: UUID, subject_id: UUID) -> CommandStatus:
        """How far the newest such command about that thing has come. Raises `Unavailable` if NATS does not answer."""
        return (await self._newest(command_type, tenant_id, subject_id))[0]

    async def _newest(
        self, command_type: type[Command], tenant_id: UUID, subject_id: UUID
    ) -> tuple[CommandStatus, UUID | None]:
        """How far the newest such command about that thing has come, and its id. Raises `Unavailable`."""
        subject = f"{command_type.TYPE}.{tenant_id}.{subject_id}"
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                try:
                    stored = await self._broker.js.get_last_msg(STREAM, subject, direct=True)
                except NotFoundError:
                    return CommandStatus.UNKNOWN, None
                consumers = await self._broker.js.consumers_info(STREAM)
        except (NatsError, JetStreamError, OSError, TimeoutError) as error:
            raise Unavailable(f"nats: {type(error).__name__}") from error
        finished = max((_finished(c) for c in consumers if _reads(c, command_type)), default=0)
        status = CommandStatus.DONE if (stored.seq or 0) <= finished else CommandStatus.WAITING
        return status, _id_of(stored.data)


def _id_of(payload: bytes | None) -> UUID | None:
    """The id of a stored command, whatever else it says; None if it says nothing that can be read."""
    try:
        return _Named.model_validate_json(payload or b"").id
    except ValidationError:
        return None


def _reads(consumer: ConsumerInfo, command_type: type[Command]) -> bool:
    config = consumer.config
    filters = (config.filter_subjects or [config.filter_subject or ""]) if config else []
    return any(subject.startswith(command_type.TYPE + ".") for subject in filters)


def _finished(consumer: ConsumerInfo) -> int:
    return (consumer.ack_floor.stream_seq or 0) if consumer.ack_floor else 0
