"""What stands at the address of a thing that commands make and change: the thing, or that a command still waits."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from starlette.responses import Response

from gateway.commands.follow import CommandFollower
from gateway.commands.submit import accepted, entity_tag
from shared.contracts.base import Command, Contract, Query

R = TypeVar("R", bound=Contract)


@dataclass(frozen=True, slots=True)
class Followed(Generic[R]):
    """A kind of thing: what makes it, what changes it, where it is seen and how it is asked for."""

    creation: type[Command]
    changes: Sequence[type[Command]]
    location: str
    """Its address, with `{id}` for its id."""
    query: Callable[[UUID, UUID], Query[R]]
    """The question for the thing of a tenant and an id."""

    async def find(self, follower: CommandFollower, tenant_id: UUID, thing_id: UUID) -> R | None:
        """The thing, or None while the command for it waits. Raises as `CommandFollower.follow`."""
        return await follower.follow(self.creation, tenant_id, thing_id, lambda asked: self.query(tenant_id, asked))

    async def show(
        self, follower: CommandFollower, tenant_id: UUID, thing_id: UUID, command: UUID | None, response: Response
    ) -> R | Response:
        """The thing, with its `ETag` on the response if it has versions; 202 while its creation waits, or the change
        that `command` names. Raises as `find`, and as `CommandFollower.waits`."""
        if command is not None and await follower.waits(self.changes, tenant_id, thing_id, command):
            return accepted(thing_id, f"{self.location}?command={command}")
        thing: Any = await self.find(follower, tenant_id, thing_id)
        if thing is None:
            return accepted(thing_id, self.location)
        if "version" in type(thing).model_fields:
            response.headers["ETag"] = entity_tag(thing.version)
        found: R = thing
        return found
