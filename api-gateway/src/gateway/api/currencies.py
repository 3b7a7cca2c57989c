"""Currencies: what an `amount` in each means, and what can be paid."""

from fastapi.params import Security
from pydantic import BaseModel, Field

from gateway.http.answers import shows
from gateway.http.routes import api_router
from gateway.identity.access import caller
from gateway.identity.scopes import Scope
from shared.contracts.money import CURRENCIES, CurrencyRules

routes = api_router("Catalog", guard=Security(caller, scopes=[Scope.CATALOG_READ]))


class Currency(BaseModel):
    """How amounts in a currency are written, and which of them can be paid."""

    code: str = Field(description="Lower-case ISO 4217.", examples=["eur"])
    exponent: int = Field(
        description="`amount` divided by 10 to this power is what people read: 2 for cents, 0 for jpy."
    )
    step: int = Field(description="Prices are multiples of it, in minor units.")
    minimum_deposit: int | None = Field(
        description="The least that can be paid by card, in minor units: smaller deposits are raised to it. Null if "
        "nothing can be paid by card in this currency; prices without a deposit are possible all the same."
    )

    @classmethod
    def of(cls, rules: CurrencyRules) -> "Currency":
        """What callers see of a currency's rules."""
        minimum = rules.minimum if rules.payable else None
        return cls(code=rules.code, exponent=rules.exponent, step=rules.step, minimum_deposit=minimum)


class CurrencyList(BaseModel):
    """Every currency that a price may be in, by code."""

    currencies: list[Currency]


_ALL = CurrencyList(currencies=[Currency.of(CURRENCIES[code]) for code in sorted(CURRENCIES)])


_EXAMPLE = {"currencies": [Currency.of(CURRENCIES[code]).model_dump() for code in ("eur", "jpy")]}


@routes.get("/v1/currencies", response_model=CurrencyList, responses=shows(200, _EXAMPLE))
async def list_currencies() -> CurrencyList:
    """Every currency that a price may be in: its exponent, its smallest step, the least that can be paid by card."""
    return _ALL
