"""Declaring what a service does about messages: events, commands, webhooks, queries. Collects; no I/O.

    handlers = Handlers("booking")

    @handlers.command(CancelBooking)
    async def cancel_booking(command: CancelBooking, tx: Transaction) -> Booking: ...

    @handlers.on(PaymentSucceeded, name="confirm-booking")
    async def confirm_booking(event: PaymentSucceeded, tx: Transaction) -> None: ...

    @handlers.query(GetBooking)
    async def get_booking(query: GetBooking, tx: Transaction) -> Booking: ...

Each durable consumer bears a declared name, so that a function may be renamed: that of the command's
type (`booking-cancel-booking`), or the one given (`booking-confirm-booking`). A function that asks for
`tx` is run in one transaction, in which its messages have been claimed; one that asks for `ctx` opens
its transaction itself, since it speaks to the outside world first, or works on after it. Further
parameters are adapters, passed by name.
"""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import ValidationError

from shared.contracts.base import Command, Contract, Event, Query
from shared.contracts.stripe import StripeEvent
from shared.errors import Poison, Unreadable

Message = Event | Command | StripeEvent
HandlerFunction = Callable[..., Awaitable[Any]]
F = TypeVar("F", bound=HandlerFunction)
Q = TypeVar("Q", bound=Callable[..., Awaitable[Contract]])

MAX_DURABLE_LENGTH = 48


@dataclass(frozen=True, slots=True)
class Handler:
    """One durable consumer and the function that it feeds."""

    durable: str
    stream: str
    types: tuple[type[Message], ...]
    function: HandlerFunction
    batch: int
    """1: a message at a time. More: the function takes a list of up to that many."""
    concurrency: int
    """How many deliveries (or batches) are handled at once in one process."""
    in_transaction: bool = True
    """Whether the kernel opens the function's transaction (`tx`), or it does so itself (`ctx`)."""
    adapters: tuple[str, ...] = ()
    linger: float = 0
    """Seconds a batch waits for company after its first message; 0 where somebody waits for the outcome."""

    @property
    def takes_commands(self) -> bool:
        """Whether its messages are commands, each decided once and answered with its outcome."""
        return issubclass(self.types[0], Command)

    @property
    def filter_subjects(self) -> list[str]:
        """The subjects that this consumer is fed from."""
        return sorted(f"{t.TYPE}.>" for t in self.types)

    def type_of(self, subject: str) -> type[Message] | None:
        """The type of the messages on a subject, if it is one of this handler's."""
        return next((t for t in self.types if subject.startswith(f"{t.TYPE}.")), None)

    def decode(self, subject: str, payload: bytes) -> Message:
        """The message in a delivery. Raises `Poison` if it breaks its contract or names two tenants.

        Stripe's are of Stripe's making: `Unreadable`.
        """
        message_type = self.type_of(subject)
        if message_type is None:
            raise Poison("no contract for this subject")
        try:
            message: Message = message_type.model_validate_json(payload)
        except ValidationError as error:
            kind = Unreadable if message_type is StripeEvent else Poison
            raise kind(f"breaks the contract of {message_type.__name__}: {_places(error)}") from error
        if message.subject != subject and not isinstance(message, StripeEvent):
            raise Poison("the subject names another tenant or thing than the body")
        return message


@dataclass(frozen=True, slots=True)
class QueryHandler:
    """The function that answers one type of query."""

    function: Callable[..., Awaitable[Contract]]
    adapters: tuple[str, ...]
    in_transaction: bool = True
    """Whether the kernel opens the function's transaction (`tx`), or it does so itself (`ctx`)."""


def _places(error: ValidationError) -> str:
    """Where a message breaks its contract, without the values, which may be personal."""
    return ", ".join(f"{'.'.join(map(str, e['loc']))} {e['type']}" for e in error.errors()[:5])


class Handlers:
    """What one service, or one module of it, handles."""

    def __init__(self, service: str) -> None:
        self.service = service
        self.declared: list[Handler] = []
        self.queries: dict[type[Query[Any]], QueryHandler] = {}

    def including(self, *others: "Handlers") -> "Handlers":
        """These handlers and those declared in other modules of the same service."""
        for other in others:
            self.declared.extend(other.declared)
            self.queries |= other.queries
        return self

    def on(
        self, *types: type[Event] | type[StripeEvent], name: str, batch: int = 1, linger: float = 0
    ) -> Callable[[F], F]:
        """React to messages of these types (all on one stream) with the decorated function.

        In a batch the function gets those messages alone that it has not handled before.
        """
        return self._declare(types, f"{self.service}-{name}", batch, linger)

    def command(self, command_type: type[Command], batch: int = 1) -> Callable[[F], F]:
        """Carry out commands of this type with the decorated function, each once.

        It returns what the command has made or changed, or raises a `DomainError` to refuse it; with
        `batch` it takes a list, and returns a list of such results and errors in the same order.
        """
        verb = command_type.TYPE.split(".")[2].replace("_", "-")
        return self._declare((command_type,), f"{self.service}-{verb}", batch, 0)

    def query(self, query_type: type[Query[Any]]) -> Callable[[Q], Q]:
        """Answer queries of this type with the decorated function."""

        def declare(function: Q) -> Q:
            scope, adapters = _parameters(function)
            if scope not in ("tx", "ctx"):
                raise ValueError(f"{function.__name__}: the second parameter is `tx`, or `ctx` for who opens it")
            self.queries[query_type] = QueryHandler(function, adapters, scope == "tx")
            return function

        return declare

    def _declare(self, types: tuple[type[Message], ...], durable: str, batch: int, linger: float) -> Callable[[F], F]:
        if len(durable) > MAX_DURABLE_LENGTH:
            raise ValueError(f"durable name {durable} is longer than {MAX_DURABLE_LENGTH}")
        streams = {stream_of(t.TYPE) for t in types}
        if len(streams) != 1:
            raise ValueError(f"{durable} reads from {sorted(streams)}; a consumer has one stream")

        def declare(function: F) -> F:
            scope, adapters = _parameters(function)
            if scope not in ("tx", "ctx"):
                raise ValueError(f"{durable}: the second parameter is `tx`, or `ctx` for who opens it")
            if scope == "ctx" and (issubclass(types[0], Command) or (batch > 1 and issubclass(types[0], Event))):
                raise ValueError(f"{durable}: commands and batches of events are claimed by the kernel; ask for `tx`")
            self.declared.append(
                Handler(
                    durable=durable,
                    stream=streams.copy().pop(),
                    types=types,
                    function=function,
                    batch=batch,
                    concurrency=1 if batch > 1 else 8,
                    in_transaction=scope == "tx",
                    adapters=adapters,
                    linger=linger,
                )
            )
            return function

        return declare


def _parameters(function: Callable[..., Any]) -> tuple[str, tuple[str, ...]]:
    """The name of the second parameter, and those of the adapters behind it."""
    names = tuple(inspect.signature(function).parameters)
    return (names[1] if len(names) > 1 else ""), names[2:]


def stream_of(type_name: str) -> str:
    """The stream that holds a type of message: named for its owner, but for the gateway's two."""
    first = type_name.partition(".")[0]
    return {"command": "COMMANDS", "webhook": "WEBHOOKS"}.get(first, first.upper())
