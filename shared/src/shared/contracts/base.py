"""What every message between services has in common. Pydantic, the standard library, and tables of
numbers and domains only.

Three kinds of message: an `Event` is a past-tense fact on a stream, a `Command` is stored on the COMMANDS
stream and answered by an `Outcome`, a `Query` is a question over request/reply.
Contracts change by adding; a break is a `v2` beside the `v1` (ADR 0009).
"""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Generic, Self, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SerializeAsAny

from shared.clock import utc_now
from shared.identifiers import new_id

R = TypeVar("R", bound="Contract")


class Contract(BaseModel):
    """A frozen value that crosses a process border. Unknown fields are ignored: a newer sender is welcome."""

    model_config = ConfigDict(frozen=True, extra="ignore", json_schema_serialization_defaults_required=True)


class Event(Contract):
    """A fact that has happened, published once its transaction has committed.

    `TYPE` is `<service>.<fact>.v<major>`; the subject is that type and the tenant. On the wire a
    CloudEvents 1.0 message in NATS binary mode: `ce-*` headers, this object as its JSON body.
    """

    TYPE: ClassVar[str]

    id: UUID = Field(default_factory=new_id)
    occurred_at: datetime = Field(default_factory=utc_now)
    tenant_id: UUID
    correlation_id: UUID | None = None
    """The request or webhook that set all this in motion; the same along the whole chain."""
    causation_id: UUID | None = None
    """The message whose handling emitted this event."""

    @property
    def subject(self) -> str:
        """Where this event is published: `booking.confirmed.v1.<tenant>`."""
        return f"{self.TYPE}.{self.tenant_id}"

    def caused_by(self, correlation_id: UUID | None, causation_id: UUID | None) -> Self:
        """This event, stamped with the chain that it belongs to."""
        return self.model_copy(update={"correlation_id": correlation_id or self.id, "causation_id": causation_id})


class Command(Contract):
    """Something to be done, stored by JetStream before its sender is answered, and carried out once.

    `id` names the command, and for a creation the thing to be created as well. The key and the
    fingerprint are those of the HTTP `Idempotency-Key`; equal key and fingerprint is the same command.
    """

    TYPE: ClassVar[str]
    CREATES: ClassVar[bool] = False
    """Whether it makes a new thing, of the id `subject_id`: shown as 201, and followed by that id."""
    RESULT_IN: ClassVar[str | None] = None
    """The member of the event it causes that is its result; without one the result is kept for who asks again."""

    id: UUID
    tenant_id: UUID
    subject_id: UUID
    """The thing it is about, e.g. the booking; stands last in the subject."""
    received_at: datetime
    """When the gateway received it: notice periods are measured from here."""
    outcome_to: str | None = None
    """The subject at which a gateway waits for the outcome, if one still does."""
    idempotency_key: str | None = None
    fingerprint: str | None = None

    @property
    def subject(self) -> str:
        """`command.booking.create_booking.v1.<tenant>.<subject id>`."""
        return f"{self.TYPE}.{self.tenant_id}.{self.subject_id}"


class Refusal(Contract):
    """Why the answer is no, in the members of a problem document (RFC 9457)."""

    code: str
    status: int
    title: str
    detail: str
    extra: dict[str, Any] = {}


class Outcome(Contract):
    """What became of a request, sent to the waiting gateway after the commit.

    Either `result` (the JSON form of the thing as it was left) or `refusal` is set.
    """

    command_id: UUID
    status: int
    """The HTTP status this outcome is shown with: 201, 200, or that of the refusal."""
    result: Annotated[dict[str, Any] | None, SerializeAsAny()] = None
    """Its JSON members; where it is made (`model_construct`) the contract itself, to be serialised once."""
    refusal: Refusal | None = None
    replayed: bool = False
    """True if an earlier request with the same idempotency key had this outcome already."""


class Outcomes(Contract):
    """Outcomes of one batch for one gateway: one core NATS message instead of many."""

    outcomes: list[Outcome]


class Query(Contract, Generic[R]):
    """A question to one service over request/reply; `R` is the reply's type.

    `TYPE` is `rpc.<service>.<verb_noun>.v<major>`; the subject is that type and the tenant, and never
    captured by a stream.
    """

    TYPE: ClassVar[str]

    tenant_id: UUID

    @property
    def subject(self) -> str:
        """`rpc.booking.get_booking.v1.<tenant>`."""
        return f"{self.TYPE}.{self.tenant_id}"

    @classmethod
    def reply_type(cls) -> type[R]:
        """The contract that the reply is decoded into."""
        for base in cls.__mro__:
            arguments = getattr(base, "__pydantic_generic_metadata__", {}).get("args")
            if arguments:
                reply: type[R] = arguments[0]
                return reply
        raise TypeError(f"{cls.__name__} does not say what it is answered with")


class Page(Contract):
    """Where a list goes on: pass `next_cursor` back as `cursor`; null on the last page."""

    next_cursor: str | None = None


class ListQuery(Query[R]):
    """A page of a list, at most `limit` long; `cursor` is the `next_cursor` of the page before."""

    limit: int = 50
    cursor: str | None = None


class StoredOutcome(Contract):
    """How a command has ended; null while it waits, for one that succeeded without a key, and when forgotten."""

    outcome: Outcome | None = None


class FollowCommand(Query[StoredOutcome]):
    """What has become of a command. Each service that takes commands answers this under a type of its own."""

    command_id: UUID
