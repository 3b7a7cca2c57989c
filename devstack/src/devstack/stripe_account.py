"""An account at Stripe itself, in test mode, in place of the fake one: from the environment of `make run`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from devstack.process import DevstackError

API = "https://api.stripe.com"


@dataclass(frozen=True, slots=True)
class StripeAccount:
    """Where deposits are taken, and how its events are known to be genuine."""

    api_key: str
    webhook_secret: str
    """What `stripe listen` prints, or the signing secret of an endpoint."""
    api_base: str = API

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Self | None:
        """The account that `STRIPE_API_KEY`, `STRIPE_WEBHOOK_SECRET` and `STRIPE_API_BASE` name; None without a key.

        Raises `DevstackError` for a key without a secret, and for one of live mode: a stack for trying things out
        must not take real money.
        """
        key, secret = (
            environment.get("STRIPE_API_KEY", "").strip(),
            environment.get("STRIPE_WEBHOOK_SECRET", "").strip(),
        )
        if not key:
            return None
        if "_live_" in key:
            raise DevstackError("STRIPE_API_KEY is of live mode: `make run` takes keys of test mode only (sk_test_…)")
        if not secret:
            raise DevstackError("STRIPE_API_KEY needs STRIPE_WEBHOOK_SECRET beside it (docs/stripe.md)")
        return cls(key, secret, environment.get("STRIPE_API_BASE", "").strip().rstrip("/") or API)

    def settings(self) -> dict[str, str]:
        """What billing-service and the gateway are told; there is no payment page but one's own."""
        return {
            "STRIPE_API_KEY": self.api_key,
            "STRIPE_WEBHOOK_SECRET": self.webhook_secret,
            "STRIPE_API_BASE": self.api_base,
            "PAYMENT_PAGE_URL": "",
        }
