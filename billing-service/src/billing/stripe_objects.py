"""What Tidebook reads of the objects inside Stripe's events (Stripe API reference). No I/O."""

from pydantic import BaseModel, ConfigDict


class StripeObject(BaseModel):
    """A snapshot of one of Stripe's objects, as far as it is read; amounts in minor units."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    id: str
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


class PaymentIntent(StripeObject):
    """An offer to pay."""

    amount_received: int = 0
    last_payment_error: PaymentError | None = None

    @property
    def intent_id(self) -> str:
        """Itself."""
        return self.id

    @property
    def failure_code(self) -> str:
        """The last attempt's failure in one word."""
        error = self.last_payment_error or PaymentError()
        return error.decline_code or error.code or "unknown"


class Charge(StripeObject):
    """Money that has moved. `refunded` says that all of it has gone back."""

    payment_intent: str | None = None
    refunded: bool

    @property
    def intent_id(self) -> str | None:
        """The intent that it was paid through."""
        return self.payment_intent


class Refund(StripeObject):
    """Money that goes back; `status` in Stripe's words."""

    payment_intent: str | None = None
    status: str | None
    failure_reason: str | None = None

    @property
    def intent_id(self) -> str | None:
        """The intent whose money goes back."""
        return self.payment_intent
