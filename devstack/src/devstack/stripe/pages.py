"""Pages for a person: what the fake account holds, and where to pay with a test card.

Plain forms and links, so that they work without JavaScript.
"""

import re
from datetime import UTC, datetime

from jinja2 import Environment, PackageLoader, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from devstack.stripe import cards, forms
from devstack.stripe.account import Account, Origin
from devstack.stripe.cards import TEST_CARDS
from devstack.stripe.controls import summary
from devstack.stripe.currencies import written
from devstack.stripe.errors import ApiError
from devstack.stripe.faults import Faults
from devstack.stripe.forms import Tree
from devstack.stripe.intents import PaymentIntents
from devstack.stripe.objects import Resource
from devstack.stripe.refunds import Refunds

_ROWS = 50
_AMOUNT = re.compile(r"[0-9]{1,12}")


class Pages:
    """The dashboard and the pay page."""

    def __init__(self, account: Account, intents: PaymentIntents, refunds: Refunds, faults: Faults) -> None:
        self._account = account
        self._intents = intents
        self._refunds = refunds
        self._faults = faults
        self._templates = Environment(
            loader=PackageLoader("devstack.stripe"),
            autoescape=select_autoescape(),
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters["money"] = written
        self._templates.filters["time"] = _time

    def routes(self) -> list[Route]:
        """The dashboard at `/`, paying under `/pay/`."""
        return [
            Route("/", self._dashboard, methods=["GET"]),
            Route("/events/{id}/resend", self._resend, methods=["POST"]),
            Route("/pay/booking/{booking_id}", self._find_booking, methods=["GET"]),
            Route("/pay/{id}", self._pay_page, methods=["GET"]),
            Route("/pay/{id}", self._pay, methods=["POST"]),
            Route("/pay/{id}/authentication", self._authenticate, methods=["POST"]),
            Route("/pay/{id}/refund", self._refund, methods=["POST"]),
        ]

    async def _dashboard(self, _request: Request) -> Response:
        store = self._account.store
        events = [(event, self._account.webhooks.deliveries(event["id"])) for event in store.newest("event")[:_ROWS]]
        return self._page(
            "dashboard.html",
            intents=store.newest("payment_intent")[:_ROWS],
            refunds=store.newest("refund")[:_ROWS],
            events=events,
            endpoints=self._account.webhooks.endpoints,
            faults=self._faults.described() if self._faults.any else None,
            summary=summary(self._account),
        )

    async def _resend(self, request: Request) -> Response:
        event_id = request.path_params["id"]
        if self._account.store.find("event", event_id) is None:
            return self._not_found("event", event_id)
        self._account.webhooks.resend(event_id)
        self._account.store.commit()
        return RedirectResponse("/#events", 303)

    async def _find_booking(self, request: Request) -> Response:
        booking_id = request.path_params["booking_id"]
        for intent in self._account.store.newest("payment_intent"):
            if intent["metadata"].get("booking_id") == booking_id:
                return RedirectResponse(f"/pay/{intent['id']}", 303)
        return self._page("waiting.html", 202, booking_id=booking_id)

    async def _pay_page(self, request: Request) -> Response:
        intent = self._account.store.find("payment_intent", request.path_params["id"])
        if intent is None:
            return self._not_found("payment", request.path_params["id"])
        return self._show(intent)

    async def _pay(self, request: Request) -> Response:
        intent = self._account.store.find("payment_intent", request.path_params["id"])
        if intent is None:
            return self._not_found("payment", request.path_params["id"])
        form = await _form(request)
        # A test card's button wins over the number in the field.
        typed = str(form.get("card") or form.get("card_number") or "")
        card = cards.by_number(typed)
        if card is None:
            return self._show(intent, 422, typed=typed, problem="That is not a test card.")
        page = f"/pay/{intent['id']}"
        params = {
            "payment_method": card.tokens[0],
            "return_url": f"{str(request.base_url).rstrip('/')}{page}",
        }
        try:
            self._intents.confirm(intent, params, Origin(), f"{request.base_url}pay/")
        except ApiError as refusal:
            # A decline is kept in the intent, whose page shows it.
            if refusal.status != 402:
                return self._show(intent, 409, problem=refusal.error["message"])
        finally:
            self._account.store.commit()
        return RedirectResponse(page, 303)

    async def _authenticate(self, request: Request) -> Response:
        intent = self._account.store.find("payment_intent", request.path_params["id"])
        if intent is None:
            return self._not_found("payment", request.path_params["id"])
        outcome = (await _form(request)).get("outcome")
        try:
            self._intents.authenticate(intent, succeeds=outcome == "complete")
        except ApiError as refusal:
            return self._show(intent, 409, problem=refusal.error["message"])
        self._account.store.commit()
        return RedirectResponse(f"/pay/{intent['id']}", 303)

    async def _refund(self, request: Request) -> Response:
        """What a person does in Stripe's dashboard: the whole, or an amount in minor units."""
        intent = self._account.store.find("payment_intent", request.path_params["id"])
        if intent is None:
            return self._not_found("payment", request.path_params["id"])
        amount = str((await _form(request)).get("amount") or "")
        if amount and not _AMOUNT.fullmatch(amount):
            return self._show(intent, 422, problem="That is not an amount in minor units.")
        params = {"payment_intent": intent["id"], "reason": "requested_by_customer"}
        try:
            self._refunds.create(params | ({"amount": int(amount)} if amount else {}), Origin())
        except ApiError as refusal:
            return self._show(intent, 409, problem=refusal.error["message"])
        self._account.store.commit()
        return RedirectResponse(f"/pay/{intent['id']}", 303)

    def _show(self, intent: Resource, status: int = 200, *, typed: str = "", problem: str = "") -> Response:
        charge = self._account.store.find("charge", intent["latest_charge"] or "")
        refunds = [
            refund for refund in self._account.store.newest("refund") if refund["payment_intent"] == intent["id"]
        ]
        return self._page(
            "pay.html",
            status,
            intent=intent,
            charge=charge,
            refunds=refunds,
            cards=TEST_CARDS,
            typed=typed or TEST_CARDS[0].spaced,
            problem=problem,
        )

    def _not_found(self, what: str, identifier: str) -> Response:
        return self._page("not_found.html", 404, what=what, identifier=identifier)

    def _page(self, template: str, status: int = 200, **values: object) -> Response:
        return HTMLResponse(self._templates.get_template(template).render(values), status)


async def _form(request: Request) -> dict[str, Tree]:
    """The posted fields; none if they can't be read."""
    try:
        return forms.decode(await request.body())
    except ApiError:
        return {}


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%d %b %H:%M:%S")
