"""A Stripe event on its way from the gateway, which has verified it, to billing-service."""

import re
from typing import Annotated, Any, ClassVar

from pydantic import ConfigDict, Field

from shared.contracts.base import Contract

LATEST = 253_402_300_799
"""The last second that a calendar of ours knows: the end of the year 9999."""
_SUBJECT_TOKEN = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+){0,5}")


class StripeEvent(Contract):
    """Stripe's Event object, as far as Tidebook reads it (Stripe API reference, "Events").

    `account` is set for events of connected accounts; `created` is in seconds since the epoch.
    The subject is `webhook.stripe.<type>`, the `Nats-Msg-Id` Stripe's event id, the message body the
    raw bytes that Stripe signed; fields not named here are kept.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    TYPE: ClassVar[str] = "webhook.stripe"

    id: Annotated[str, Field(max_length=255)]
    type: Annotated[str, Field(max_length=200)]
    created: Annotated[int, Field(ge=0, le=LATEST)]
    livemode: bool = False
    account: str | None = None
    api_version: str | None = None
    data: dict[str, Any]

    @property
    def subject(self) -> str:
        """`webhook.stripe.payment_intent.succeeded`; a type outside the alphabet goes to `unknown`."""
        known = len(self.type) <= 100 and _SUBJECT_TOKEN.fullmatch(self.type)
        return f"{self.TYPE}.{self.type if known else 'unknown'}"
