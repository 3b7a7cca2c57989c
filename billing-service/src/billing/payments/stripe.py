"""What Stripe tells about payments, and what it moves (Stripe API reference, "The PaymentIntent object")."""

from typing import ClassVar

from pydantic import BaseModel

from billing.payments.model import Payment, payment_of_intent
from billing.stripe.dispatch import Finder, Notice, StripeEffects, StripeObject
from billing.stripe.events import APPLIED, NOTHING_NEW, EventState, Verdict
from shared.contracts.base import Event
from shared.persistence.transaction import Transaction

effects = StripeEffects()


class PaymentObject(StripeObject):
    """One of Stripe's objects about the money of a payment; `amount` in minor units."""

    PARTIAL: ClassVar[bool] = False
    """Whether it may be about a part of the payment's money."""
    LABELLED: ClassVar[bool] = False
    """Whether it is always made by us, so that its metadata must name the tenant and the booking."""

    amount: int
    currency: str
    metadata: dict[str, str] | None = None

    @property
    def intent_id(self) -> str | None:
        """The PaymentIntent that it belongs to; None if it was made without one, so not by us."""
        raise NotImplementedError

    def label(self, name: str) -> str | None:
        """A value of its metadata."""
        return (self.metadata or {}).get(name)


class PaymentError(BaseModel):
    """Why an attempt to pay failed; the bank's own `decline_code` is the better word if there is one."""

    code: str | None = None
    decline_code: str | None = None


class PaymentIntent(PaymentObject):
    """An offer to pay."""

    LABELLED = True

    amount_received: int = 0
    last_payment_error: PaymentError | None = None

    @property
    def intent_id(self) -> str:
        """Its own id."""
        return self.id

    @property
    def failure_code(self) -> str:
        """The last attempt's failure in one word."""
        error = self.last_payment_error or PaymentError()
        return error.decline_code or error.code or "unknown"


def mismatch(payment: Payment, theirs: PaymentObject) -> str | None:
    """What keeps an object from being about this payment, although it names its intent.

    Whoever may use the account in Stripe's dashboard can make objects that name our intents, or write our
    ids into his own: what is paid is believed only where amount, currency and labels agree with our books.
    """
    if theirs.currency != payment.currency:
        return "currency_mismatch"
    if theirs.amount > payment.amount or (theirs.amount < payment.amount and not theirs.PARTIAL):
        return "amount_mismatch"
    for name, ours in (("tenant_id", payment.tenant_id), ("booking_id", payment.booking_id)):
        label = theirs.label(name)
        if label != str(ours) and (theirs.LABELLED or label is not None):
            return f"{name}_mismatch"
    return None


by_intent: Finder[PaymentObject, Payment] = Finder(
    "intent", key=lambda theirs: theirs.intent_id, find=payment_of_intent, mismatch=mismatch
)
"""The payment whose PaymentIntent an object names."""


def announce(tx: Transaction, payment: Payment, *facts: Event | None) -> bool:
    """Emit what is news, as part of the chain that asked for the payment; True if anything is."""
    news = [fact.caused_by(payment.correlation_id, None) for fact in facts if fact is not None]
    for fact in news:
        tx.emit(fact)
    return bool(news)


@effects.on("payment_intent.succeeded", reads=PaymentIntent, finds=by_intent)
async def payment_succeeded(payment: Payment, intent: PaymentIntent, notice: Notice) -> Verdict:
    """The deposit is paid, all of it."""
    if intent.amount_received != payment.amount:
        return Verdict(EventState.QUARANTINED, "amount_mismatch")
    return APPLIED if announce(notice.tx, payment, payment.succeed()) else NOTHING_NEW


@effects.on("payment_intent.payment_failed", reads=PaymentIntent, finds=by_intent)
async def payment_declined(payment: Payment, intent: PaymentIntent, notice: Notice) -> Verdict:
    """An attempt was declined; the customer may try again."""
    declined = payment.decline(intent.failure_code, notice.happened_at)
    return APPLIED if announce(notice.tx, payment, declined) else NOTHING_NEW


@effects.on("payment_intent.canceled", reads=PaymentIntent, finds=by_intent)
async def payment_canceled(payment: Payment, _intent: PaymentIntent, _notice: Notice) -> Verdict:
    """It will not be paid any more."""
    return APPLIED if payment.cancel() else NOTHING_NEW
