"""Stripe itself in place of the fake one: only in test mode, and told to those whom it concerns."""

from pathlib import Path

import pytest

from devstack.credentials import Credentials
from devstack.ports import Ports
from devstack.process import DevstackError
from devstack.stack import SERVICES, Stack
from devstack.stripe_account import API, StripeAccount

GIVEN = {"STRIPE_API_KEY": "sk_test_4eC39", "STRIPE_WEBHOOK_SECRET": "whsec_as_printed"}


def test_without_a_key_there_is_none() -> None:
    assert StripeAccount.of({}) is None
    assert StripeAccount.of({"STRIPE_API_KEY": " ", "STRIPE_WEBHOOK_SECRET": "whsec_x"}) is None


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"STRIPE_API_KEY": "sk_test_4eC39"}, "STRIPE_WEBHOOK_SECRET"),
        (GIVEN | {"STRIPE_API_KEY": "sk_live_4eC39"}, "live mode"),
        (GIVEN | {"STRIPE_API_KEY": "rk_live_4eC39"}, "live mode"),
    ],
)
def test_what_is_refused(environment: dict[str, str], said: str) -> None:
    with pytest.raises(DevstackError, match=said):
        StripeAccount.of(environment)


def test_an_address_may_end_with_a_slash() -> None:
    account = StripeAccount.of(GIVEN | {"STRIPE_API_BASE": "http://127.0.0.1:12111/ "})
    assert account is not None
    assert account.api_base == "http://127.0.0.1:12111"


def test_only_those_whom_it_concerns_are_told(tmp_path: Path) -> None:
    account = StripeAccount.of(GIVEN)
    assert account == StripeAccount("sk_test_4eC39", "whsec_as_printed", API)
    stack = Stack(tmp_path, Ports.free(), Credentials(), stripe=account)
    told = {service: stack.environment(service) for service in SERVICES}
    assert told["billing"]["STRIPE_API_KEY"] == "sk_test_4eC39"
    assert told["billing"]["STRIPE_API_BASE"] == API
    assert told["gateway"]["STRIPE_WEBHOOK_SECRET"] == "whsec_as_printed"
    assert told["notifier"]["PAYMENT_PAGE_URL"] == ""
    assert [service for service, settings in told.items() if "STRIPE_API_KEY" in settings] == ["billing"]
    assert [service for service, settings in told.items() if "STRIPE_WEBHOOK_SECRET" in settings] == ["gateway"]
