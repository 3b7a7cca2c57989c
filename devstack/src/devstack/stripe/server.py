"""The fake Stripe as one ASGI application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from devstack.stripe import api
from devstack.stripe.account import Account
from devstack.stripe.controls import Controls
from devstack.stripe.faults import Faults
from devstack.stripe.intents import PaymentIntents
from devstack.stripe.operations import Operations
from devstack.stripe.pages import Pages
from devstack.stripe.refunds import Refunds
from devstack.stripe.store import Store
from devstack.stripe.webhooks import Endpoint, Webhooks


def create_app(store: Store, endpoints: list[Endpoint], faults: Faults) -> Starlette:
    """The application over `store`, which it closes at the end, announcing to `endpoints`."""
    webhooks = Webhooks(store, endpoints, faults)
    account = Account(store, webhooks)
    intents = PaymentIntents(account)
    refunds = Refunds(account)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        webhooks.resume()
        refunds.resume()
        yield
        await webhooks.stop()
        store.close()

    return Starlette(
        routes=[
            *api.routes(Operations(account, intents, refunds).all(), account, faults),
            *Controls(account, faults).routes(),
            *Pages(account, intents, refunds, faults).routes(),
            Route("/healthz", _healthz, methods=["GET"]),
        ],
        lifespan=lifespan,
    )


async def _healthz(_request: Request) -> Response:
    return JSONResponse({"status": "ok"})
