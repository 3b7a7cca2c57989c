"""The public shapes of dead letters: what the operator sends and sees."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from gateway.schemas import Body, Shown
from shared.contracts.fields import Name, Text

Durable = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class Decision(Body):
    """Who decides on a dead letter and why, as far as anybody says; goes into the audit log."""

    reason: Annotated[Text, Field(max_length=500)] = ""
    by: Name | None = None


class BulkDecision(Decision):
    """Replay the dead letters of one consumer, oldest first, after the given number."""

    durable: Durable
    after: int = Field(default=0, ge=0, le=2**62)
    limit: int = Field(default=100, ge=1, le=500)


class DeadLetterSummary(Shown):
    """A message that a consumer could not handle."""

    number: int = Field(description="Its sequence on the stream DEADLETTER.")
    died_at: datetime
    durable: str = Field(description="The consumer that failed.")
    subject: str
    stream: str
    sequence: int = Field(description="The message's own place in its stream.")
    attempts: int
    reason: str = Field(examples=["poison", "refused", "too_many_attempts"])
    error: str
    size: int = Field(description="Of the payload, in bytes.")


class Payload(Shown):
    """A payload, as text if it is UTF-8, otherwise in base64."""

    encoding: Literal["text", "base64"]
    data: str


class DeadLetterShown(DeadLetterSummary):
    """The same with all that the message holds."""

    headers: dict[str, str]
    payload: Payload


class DeadLetterPage(Shown):
    """A page of dead letters, oldest first; `total` counts all that match."""

    dead_letters: list[DeadLetterSummary]
    total: int
    next_cursor: str | None


class DecisionShown(Shown):
    """What was decided on a dead letter, once and for good."""

    number: int
    action: Literal["replayed", "discarded"]
    decided_at: datetime
    actor: str
    reason: str
    details: str = Field(
        description="What came of it (`handled`; `duplicate`: it had been handled before), what it was."
    )
    repeated: bool = Field(description="True if this had been decided before; nothing was done now.")


class ReplayFailure(Shown):
    """A dead letter that could not be handled again."""

    number: int
    detail: str


class BulkReplayShown(Shown):
    """What came of replaying many: go on with `after` set to `last` while `remaining` is not 0."""

    replayed: int
    failed: list[ReplayFailure]
    last: int
    remaining: int = Field(description="Dead letters of this consumer still there, those that failed again among them.")
    stopped: str | None = Field(description="Why it gave up early, if it did.")
