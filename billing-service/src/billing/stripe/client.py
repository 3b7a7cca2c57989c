"""Stripe, through its official library: the only module that speaks to it.

Every call that makes something carries an idempotency key of ours, derived from our own row, so
that a repetition finds the first one's effect. A refusal is a value (`Refused`); what is no answer
at all (outage, time-out, rate limit, a key that Stripe does not accept) raises `Unavailable`.
"""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

import httpx
import stripe
import structlog
from stripe.params import EventListParams

from billing.failpoints import BillingFailpoint
from shared.contracts.money import Money
from shared.contracts.stripe import StripeEvent
from shared.errors import Poison, Unavailable
from shared.failpoints import failpoint
from shared.identifiers import new_id

log = structlog.get_logger()

CONNECT_SECONDS = 2.0
ANSWER_SECONDS = 10.0
RETRIES = 2
"""Repetitions inside the library, each under the same idempotency key; beyond that the message waits."""
CLOCK_SKEW = timedelta(minutes=5)
"""By how much Stripe's clock may be behind ours."""
PAGE = 100

MAX_TYPES = 20
"""How many types of events Stripe's list can be asked for at once (API reference, "List all events")."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Intent:
    """A PaymentIntent that the customer can pay with its client secret."""

    id: str
    client_secret: str


@dataclass(frozen=True, slots=True)
class MadeRefund:
    """A refund that Stripe has made; `status` and `failure_code` in Stripe's words, `amount` in minor units."""

    id: str
    status: str | None
    amount: int
    failure_code: str | None
    label: str | None
    """Our id for it, if we asked for it."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Stripe says no, and would say so again; `code` is Stripe's."""

    code: str


class StripeClient:
    """Stripe's API with one account's key."""

    def __init__(self, api_key: str, base: str) -> None:
        """`base` is the address of Stripe's API, without a path."""
        self.livemode = "_live_" in api_key
        """Whether the key is for real money; events of the other mode are not ours."""
        self.api_version: str = stripe.api_version
        """The version of Stripe's API that this release is written for: the library's."""
        self._api = stripe.StripeClient(
            api_key,
            base_addresses={"api": base},
            max_network_retries=RETRIES,
            http_client=stripe.HTTPXClient(timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS)),
        ).v1

    async def create_intent(
        self, key: str, amount: Money, description: str, metadata: dict[str, str], asked_at: datetime
    ) -> Intent | Refused:
        """Ask for a deposit. Equal arguments give the same intent; `asked_at` is when it was first wanted.

        Cards only: other methods may take days to pay, and a hold lasts minutes.
        """

        async def create(key: str) -> stripe.PaymentIntent:
            failpoint(BillingFailpoint.INTENT_CREATING)
            intent = await self._api.payment_intents.create_async(
                {
                    "amount": amount.amount,
                    "currency": amount.currency,
                    "allowed_payment_method_types": ["card"],
                    "description": description,
                    "metadata": metadata,
                },
                {"idempotency_key": key},
            )
            failpoint(BillingFailpoint.INTENT_CREATED)
            return intent

        async def find() -> stripe.PaymentIntent | None:
            return await self._intent_of(metadata["payment_id"], asked_at)

        try:
            with _outages():
                intent = await _create_once(key, create, find)
        except (stripe.InvalidRequestError, stripe.CardError) as refusal:
            return _refused("payment_intent", refusal)
        return _offered(intent)

    async def find_intent(self, payment_id: str, asked_at: datetime) -> Intent | None:
        """The intent of a payment, if Stripe has been asked for one since `asked_at` and made it."""
        with _outages():
            intent = await self._intent_of(payment_id, asked_at)
        return _offered(intent) if intent else None

    async def _intent_of(self, payment_id: str, asked_at: datetime) -> stripe.PaymentIntent | None:
        since = int((asked_at - CLOCK_SKEW).timestamp())
        failpoint(BillingFailpoint.INTENTS_LISTING)
        page = await self._api.payment_intents.list_async({"created": {"gte": since}, "limit": PAGE})
        failpoint(BillingFailpoint.INTENTS_LISTED)
        async for intent in page.auto_paging_iter():
            if _metadata(intent).get("payment_id") == payment_id:
                return intent
        return None

    async def cancel_intent(self, payment_intent_id: str) -> bool:
        """Take back the offer to pay. False if it has been paid already, or is being paid right now."""
        try:
            failpoint(BillingFailpoint.INTENT_CANCELLING)
            with _outages():
                intent = await self._api.payment_intents.cancel_async(payment_intent_id)
            failpoint(BillingFailpoint.INTENT_CANCELLED)
        except stripe.InvalidRequestError as refusal:
            if refusal.code != "payment_intent_unexpected_state":
                raise Poison(f"stripe refuses to cancel the intent: {refusal.code}") from refusal
            failpoint(BillingFailpoint.INTENT_READING)
            with _outages():
                intent = await self._api.payment_intents.retrieve_async(payment_intent_id)
            failpoint(BillingFailpoint.INTENT_READ)
        return intent.status == "canceled"

    async def refund(self, key: str, payment_intent_id: str, metadata: dict[str, str]) -> list[MadeRefund] | Refused:
        """Give back all that is left of a payment. If all went back before, the refunds that did are the answer."""

        async def create(key: str) -> stripe.Refund:
            failpoint(BillingFailpoint.REFUND_CREATING)
            refund = await self._api.refunds.create_async(
                {"payment_intent": payment_intent_id, "metadata": metadata}, {"idempotency_key": key}
            )
            failpoint(BillingFailpoint.REFUND_CREATED)
            return refund

        async def existing() -> list[stripe.Refund]:
            failpoint(BillingFailpoint.REFUNDS_LISTING)
            page = await self._api.refunds.list_async({"payment_intent": payment_intent_id, "limit": PAGE})
            failpoint(BillingFailpoint.REFUNDS_LISTED)
            return [refund async for refund in page.auto_paging_iter()]

        async def find() -> stripe.Refund | None:
            ours = (r for r in await existing() if _metadata(r).get("refund_id") == metadata["refund_id"])
            return next(ours, None)

        try:
            with _outages():
                return [_made(await _create_once(key, create, find))]
        except (stripe.InvalidRequestError, stripe.CardError) as refusal:
            if refusal.code != "charge_already_refunded":
                return _refused("refund", refusal)
            with _outages():
                return [_made(refund) for refund in await existing()]

    async def events_since(self, since: datetime, types: Sequence[str]) -> list[StripeEvent]:
        """Stripe's own list of events of these types, oldest first, however they were delivered.

        Asked for in as many groups as it takes. Stripe keeps events for 30 days (API reference, "Events").
        """
        found: list[StripeEvent] = []
        failpoint(BillingFailpoint.EVENTS_LISTING)
        with _outages():
            for start in range(0, len(types), MAX_TYPES):
                found += await self._events_of(since, list(types[start : start + MAX_TYPES]))
        failpoint(BillingFailpoint.EVENTS_LISTED)
        return sorted(found, key=lambda event: event.created)

    async def _events_of(self, since: datetime, types: list[str]) -> list[StripeEvent]:
        wanted: EventListParams = {"created": {"gte": int(since.timestamp())}, "types": types, "limit": PAGE}
        page = await self._api.events.list_async(wanted)
        newest_first = [StripeEvent.model_validate(e.to_dict(for_json=True)) async for e in page.auto_paging_iter()]
        return newest_first[::-1]


async def _create_once(key: str, create: Callable[[str], Awaitable[T]], find: Callable[[], Awaitable[T | None]]) -> T:
    """Create under our key. After a 500, which Stripe repeats for that key as well, look before going on.

    What was made in spite of the 500 is found by its metadata; only if nothing was is a new key used, since
    ours gets nothing but its 500 any more. The new key need not be remembered: a repetition starts at ours,
    and looks again.
    """
    try:
        return await create(key)
    except (stripe.APIError, stripe.IdempotencyError) as error:
        if error.http_status not in (400, 500):
            raise
        log.warning("stripe_failed", status=error.http_status, request=error.request_id)
    return await find() or await create(f"{key}:{new_id()}")


@contextmanager
def _outages() -> Iterator[None]:
    """Tell what says nothing about the request itself from a refusal, which passes."""
    try:
        yield
    except (stripe.InvalidRequestError, stripe.CardError):
        raise
    except stripe.StripeError as error:
        raise Unavailable(f"stripe: {type(error).__name__} {error.http_status or ''}".strip()) from error


def _offered(intent: stripe.PaymentIntent) -> Intent:
    if intent.client_secret is None:
        raise Unavailable("stripe: an intent without a client secret")
    return Intent(intent.id, intent.client_secret)


def _made(refund: stripe.Refund) -> MadeRefund:
    # Stripe leaves this member out of a refund that has not failed.
    failure = refund.to_dict().get("failure_reason")
    return MadeRefund(refund.id, refund.status, refund.amount, failure, _metadata(refund).get("refund_id"))


def _metadata(thing: stripe.PaymentIntent | stripe.Refund) -> dict[str, str]:
    return thing.to_dict().get("metadata") or {}


def _refused(what: str, refusal: stripe.InvalidRequestError | stripe.CardError) -> Refused:
    log.warning("stripe_refused", what=what, code=refusal.code, param=refusal.param, request=refusal.request_id)
    return Refused(refusal.code or "invalid_request")
