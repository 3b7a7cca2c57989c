"""Declaring what a service does about messages. Collects; no I/O.

    reactions = Reactions("booking")

    @reactions.on(PaymentSucceeded)
    async def confirm_booking(event: PaymentSucceeded, ctx: Context) -> None: ...

names the durable consumer `booking-confirm-booking`. Further parameters are adapters, passed by name.
"""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import ValidationError

from shared.contracts.base import Event, Request
from shared.contracts.stripe import StripeEvent
from shared.errors import Poison

Message = Event | Request | StripeEvent
Handler = Callable[..., Awaitable[Any]]
F = TypeVar("F", bound=Handler)

MAX_DURABLE_LENGTH = 48


@dataclass(frozen=True, slots=True)
class Reaction:
    """One durable consumer and the function that it feeds."""

    durable: str
    stream: str
    types: tuple[type[Message], ...]
    handler: Handler
    batch: int
    """1: a message at a time. More: the handler takes a list of up to that many."""
    concurrency: int
    """How many deliveries (or batches) are handled at once in one process."""
    adapters: tuple[str, ...] = field(default=())
    linger: float = 0
    """Seconds a batch waits for company after its first message; 0 where somebody waits for the outcome."""

    @property
    def filter_subjects(self) -> list[str]:
        """The subjects that this consumer is fed from."""
        return sorted(f"{t.TYPE}.>" for t in self.types)

    def decode(self, subject: str, payload: bytes) -> Message:
        """The message in a delivery. Raises `Poison` if it breaks its contract or names two tenants."""
        for message_type in self.types:
            if subject.startswith(f"{message_type.TYPE}."):
                try:
                    message: Message = message_type.model_validate_json(payload)
                except ValidationError as error:
                    raise Poison(f"breaks the contract of {message_type.__name__}: {_places(error)}") from error
                if message.subject != subject and not isinstance(message, StripeEvent):
                    raise Poison("the subject names another tenant or thing than the body")
                return message
        raise Poison("no contract for this subject")


def _places(error: ValidationError) -> str:
    """Where a message breaks its contract, without the values, which may be personal."""
    return ", ".join(f"{'.'.join(map(str, e['loc']))} {e['type']}" for e in error.errors()[:5])


class Reactions:
    """The reactions of one service."""

    def __init__(self, service: str) -> None:
        self.service = service
        self.declared: list[Reaction] = []

    def including(self, *others: "Reactions") -> "Reactions":
        """These reactions and those declared in other modules of the same service."""
        for other in others:
            self.declared.extend(other.declared)
        return self

    def on(
        self, *types: type[Message], batch: int = 1, concurrency: int | None = None, linger: float = 0
    ) -> Callable[[F], F]:
        """React to messages of these types (all on one stream) with the decorated function."""

        def declare(handler: F) -> F:
            durable = f"{self.service}-{handler.__name__.replace('_', '-')}"
            if len(durable) > MAX_DURABLE_LENGTH:
                raise ValueError(f"durable name {durable} is longer than {MAX_DURABLE_LENGTH}")
            streams = {_stream_of(t) for t in types}
            if len(streams) != 1:
                raise ValueError(f"{durable} reads from {sorted(streams)}; a consumer has one stream")
            parameters = tuple(inspect.signature(handler).parameters)[2:]
            self.declared.append(
                Reaction(
                    durable=durable,
                    stream=streams.pop(),
                    types=types,
                    handler=handler,
                    batch=batch,
                    concurrency=concurrency or (1 if batch > 1 else 8),
                    adapters=parameters,
                    linger=linger,
                )
            )
            return handler

        return declare


def _stream_of(message_type: type[Message]) -> str:
    """The stream that holds a type: named for its owner, but for the gateway's two."""
    first = message_type.TYPE.split(".")[0]
    return {"request": "REQUESTS", "webhook": "WEBHOOKS"}.get(first, first.upper())
