"""What the gateway is configured with."""

import pytest
from pydantic import ValidationError

from gateway.settings import GatewaySettings

GOOD = {
    "port": 0,
    "nats_url": "nats://127.0.0.1:1",
    "gateway_database_url": "postgresql://gateway:x@127.0.0.1:1/tidebook",
    "gateway_system_database_url": "postgresql://gateway_system:x@127.0.0.1:1/tidebook",
    "operator_api_key": "operator-key-of-the-tests",
    "stripe_webhook_secret": "whsec_x",
}


@pytest.mark.parametrize(("given", "country"), [("GB", "GB"), ("", None), (None, None)])
def test_the_country_of_numbers_without_one(given: str | None, country: str | None) -> None:
    assert GatewaySettings.model_validate(GOOD | {"default_country": given}).default_country == country


@pytest.mark.parametrize("given", ["UK", "gb", "Germany", "001"])
def test_what_is_no_country(given: str) -> None:
    with pytest.raises(ValidationError, match="must be the code of a country"):
        GatewaySettings.model_validate(GOOD | {"default_country": given})
