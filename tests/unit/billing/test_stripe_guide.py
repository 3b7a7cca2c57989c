"""docs/stripe.md names the events that are acted upon, and the version that is understood."""

import re
from pathlib import Path

from billing.main import STRIPE_EFFECTS
from billing.stripe.client import StripeClient

GUIDE = (Path(__file__).parents[3] / "docs/stripe.md").read_text()


def test_the_endpoint_is_told_of_every_event_that_moves_something() -> None:
    assert re.findall(r"^\* `([a-z_.]+)`$", GUIDE, re.MULTILINE) == STRIPE_EFFECTS.types


def test_the_endpoint_gets_the_version_that_is_understood() -> None:
    assert f"of API version `{StripeClient('sk_test_x', 'http://127.0.0.1:1').api_version}`" in " ".join(GUIDE.split())
