"""Stripe's events: what each is about, whether it may be believed, and who acts upon it.

Stored first, under Stripe's own id, in the transaction of its effect. What an event does is declared
beside the thing that it moves, and `main` puts the declarations together:

    effects = StripeEffects()

    @effects.on("payment_intent.canceled", reads=PaymentIntent, finds=by_intent)
    async def payment_canceled(payment: Payment, intent: PaymentIntent, notice: Notice) -> Verdict: ...

A finder tells by which of Stripe's ids an event names its thing (its intent; a charge, a session or an
account, where a thing is known by that), and how the thing is looked up by it. The tenant is the found
thing's: metadata is only ever compared, never believed.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

import structlog
from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from billing.metrics import OTHER_VERSION
from billing.stripe import events as stripe_events
from billing.stripe.events import DUPLICATE, PARKED, EventState, Verdict
from shared.contracts.stripe import StripeEvent
from shared.messaging.handlers import Handlers
from shared.persistence.transaction import EVERY_TENANT, Transaction
from shared.runtime.context import Context

log = structlog.get_logger()
handlers = Handlers("billing")

BATCH = 50
LINGER_SECONDS = 0.01
"""Stripe has had its answer already: let a few events share a transaction, and nobody notice it."""
FIRST_RETRY_SECONDS = 2.0


class StripeObject(BaseModel):
    """The object inside an event of Stripe's, as far as it is read. What does not validate is malformed."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    id: str


S = TypeVar("S", bound=StripeObject)
S_contra = TypeVar("S_contra", bound=StripeObject, contravariant=True)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Finder(Generic[S_contra, T]):
    """How the thing of ours that an event is about is found and recognised."""

    name: str
    """By which of Stripe's ids, in a word."""
    key: Callable[[S_contra], str | None]
    """That id, from the event's object; without one the event is about nothing of ours."""
    find: Callable[[AsyncSession, str], Awaitable[T | None]]
    """The thing that Stripe knows by the id, whosever it is, locked until the transaction ends."""
    mismatch: Callable[[T, S_contra], str | None]
    """In a word what keeps the object from being about the thing that it names, if anything does."""


@dataclass(frozen=True, slots=True)
class Notice:
    """An event that has been stored and is acted upon, in the transaction that does both."""

    tx: Transaction
    event: StripeEvent

    @property
    def happened_at(self) -> datetime:
        """When it happened, by Stripe's clock (UTC, whole seconds)."""
        return datetime.fromtimestamp(self.event.created, UTC)


EffectFunction = Callable[[T, S, Notice], Awaitable[Verdict]]


@dataclass(frozen=True, slots=True)
class Effect(Generic[S, T]):
    """What events of a type carry, what they are about, and what they do."""

    reads: type[S]
    finds: Finder[S, T]
    apply: EffectFunction[T, S]

    def read(self, event: StripeEvent) -> S:
        """The event's object. Raises `ValidationError` if it is malformed."""
        return self.reads.model_validate(event.data.get("object"))


class StripeEffects:
    """Which types of Stripe's events one module, or the service, acts upon, and how."""

    def __init__(self) -> None:
        self.by_type: dict[str, Effect[Any, Any]] = {}

    @property
    def types(self) -> list[str]:
        """The types acted upon."""
        return sorted(self.by_type)

    def on(
        self, *types: str, reads: type[S], finds: Finder[S, T]
    ) -> Callable[[EffectFunction[T, S]], EffectFunction[T, S]]:
        """Act upon events of these types with the decorated function: it gets the thing, the object, the notice."""

        def declare(function: EffectFunction[T, S]) -> EffectFunction[T, S]:
            self._add(dict.fromkeys(types, Effect(reads, finds, function)))
            return function

        return declare

    def including(self, *others: "StripeEffects") -> "StripeEffects":
        """These effects and those declared in other modules. Raises `ValueError` if a type has two."""
        for other in others:
            self._add(other.by_type)
        return self

    def _add(self, effects: dict[str, Effect[Any, Any]]) -> None:
        if twice := self.by_type.keys() & effects.keys():
            raise ValueError(f"two effects for {sorted(twice)}")
        self.by_type |= effects


class StripeDispatch:
    """Takes events to their effects, for one account's key."""

    def __init__(self, effects: StripeEffects, livemode: bool, api_version: str) -> None:
        """`livemode` says whether our key is for real money; events of the other mode are not believed.

        `api_version` is the one that we understand. Events of another are read as far as they fit, and counted.
        """
        self.effects = effects
        self._livemode = livemode
        self._api_version = api_version

    def about(self, event: StripeEvent) -> str | None:
        """Stripe's id of what an event is about, as far as it can be read."""
        effect = self.effects.by_type.get(event.type)
        try:
            return effect.finds.key(effect.read(event)) if effect else None
        except ValidationError:
            return None

    async def apply_parked(self, tx: Transaction, about: str) -> None:
        """Settle what has come about a thing before it was on our books; `about` is Stripe's id of it."""
        await self.settle(tx, await stripe_events.parked_about(tx.session, about))

    async def settle(self, tx: Transaction, events: Sequence[StripeEvent]) -> None:
        """Decide about stored events one after the other, do what they ask for, and record what became of them."""
        verdicts = [await self._decide(tx, event) for event in events]
        for event in events:
            if event.api_version not in (None, self._api_version):
                tx.after_commit(OTHER_VERSION.inc)
        settled = list(zip(events, verdicts, strict=True))
        await stripe_events.settle(tx.driver, settled)
        for event, verdict in settled:
            tx.after_commit(verdict.count)
            if verdict.state == EventState.QUARANTINED:
                log.error("stripe_event_quarantined", stripe_event=event.id, type=event.type, reason=verdict.reason)

    async def _decide(self, tx: Transaction, event: StripeEvent) -> Verdict:
        effect = self.effects.by_type.get(event.type)
        if effect is None:
            return Verdict(EventState.IGNORED, "type")
        if event.livemode != self._livemode:
            return Verdict(EventState.QUARANTINED, "livemode")
        if event.account:
            return Verdict(EventState.QUARANTINED, "unknown_account")
        try:
            stripe_object = effect.read(event)
        except ValidationError:
            return Verdict(EventState.QUARANTINED, "malformed")
        key = effect.finds.key(stripe_object)
        if key is None:
            return Verdict(EventState.IGNORED, f"without_{effect.finds.name}")
        thing = await effect.finds.find(tx.session, key)
        if thing is None:
            return PARKED
        if mismatch := effect.finds.mismatch(thing, stripe_object):
            return Verdict(EventState.QUARANTINED, mismatch)
        return await effect.apply(thing, stripe_object, Notice(tx, event))


@handlers.on(StripeEvent, name="apply-stripe-event", batch=BATCH, linger=LINGER_SECONDS)
async def apply_stripe_event(events: list[StripeEvent], ctx: Context, dispatch: StripeDispatch) -> None:
    """Store what Stripe says, once, and move what it is about.

    Decided in the order of what they are about, so that replicas whose batches are about the same
    things wait for each other instead of deadlocking.
    """
    about = {event.id: dispatch.about(event) for event in events}
    async with ctx.transaction(EVERY_TENANT) as tx:
        new = await stripe_events.store(tx.driver, [(e, about[e.id]) for e in events], FIRST_RETRY_SECONDS)
        fresh = {event.id: event for event in events if event.id in new}
        await dispatch.settle(tx, sorted(fresh.values(), key=lambda event: about[event.id] or ""))
        for _ in range(len(events) - len(fresh)):
            tx.after_commit(DUPLICATE.count)
