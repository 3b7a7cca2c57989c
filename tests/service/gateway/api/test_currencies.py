"""What callers are told about amounts, and what they are told when nobody could pay one."""

import httpx
import pytest

from shared.contracts.money import CURRENCIES
from tests.service.gateway.conftest import body_of

pytestmark = pytest.mark.usefixtures("booking_replicas")


async def test_every_currency_says_what_an_amount_means(api: httpx.AsyncClient) -> None:
    listed = (await api.get("/v1/currencies")).json()["currencies"]
    assert [currency["code"] for currency in listed] == sorted(CURRENCIES)
    by_code = {currency["code"]: currency for currency in listed}
    assert by_code["eur"] == {"code": "eur", "exponent": 2, "step": 1, "minimum_deposit": 50}
    assert by_code["jpy"]["exponent"] == 0
    assert (by_code["kwd"]["exponent"], by_code["kwd"]["step"]) == (3, 10)
    assert by_code["irr"]["minimum_deposit"] is None


async def test_a_service_whose_deposit_nobody_can_pay_is_refused(api: httpx.AsyncClient) -> None:
    body = {"name": "Cleaning", "duration_minutes": 60, "price": {"amount": 9000, "currency": "ves"}}
    refused = await api.post("/v1/services", json=body | {"deposit_percent": 30})
    problem = body_of(refused)
    assert (problem["status"], problem["code"]) == (422, "validation_error")
    assert [error["field"] for error in problem["errors"]] == ["deposit_percent"]
    assert (await api.post("/v1/services", json=body)).json()["deposit"] is None
