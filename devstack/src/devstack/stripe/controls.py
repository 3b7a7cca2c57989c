"""What is ours and not Stripe's: faults, resending, and counts, under `/_fake/`."""

import json
from collections import Counter

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from devstack.stripe.account import Account
from devstack.stripe.faults import Faults
from devstack.stripe.objects import Resource


class Controls:
    """The handles that tests and people have on the fake."""

    def __init__(self, account: Account, faults: Faults) -> None:
        self._account = account
        self._faults = faults

    def routes(self) -> list[Route]:
        """All under `/_fake/`, as JSON."""
        return [
            Route("/_fake/faults", self._get_faults, methods=["GET"]),
            Route("/_fake/faults", self._change_faults, methods=["POST"]),
            Route("/_fake/faults", self._clear_faults, methods=["DELETE"]),
            Route("/_fake/events/{id}/resend", self._resend, methods=["POST"]),
            Route("/_fake/summary", self._summary, methods=["GET"]),
            Route("/_fake/books", self._books, methods=["GET"]),
        ]

    async def _get_faults(self, _request: Request) -> Response:
        return JSONResponse(self._faults.described())

    async def _change_faults(self, request: Request) -> Response:
        try:
            self._faults.change(await request.json())
        except (json.JSONDecodeError, UnicodeDecodeError):
            return JSONResponse({"error": "the body is not JSON"}, 400)
        except ValueError as problem:
            return JSONResponse({"error": str(problem)}, 400)
        return JSONResponse(self._faults.described())

    async def _clear_faults(self, _request: Request) -> Response:
        self._faults.clear()
        return JSONResponse(self._faults.described())

    async def _resend(self, request: Request) -> Response:
        event_id = request.path_params["id"]
        if self._account.store.find("event", event_id) is None:
            return JSONResponse({"error": f"no such event: {event_id}"}, 404)
        deliveries = self._account.webhooks.resend(event_id)
        self._account.store.commit()
        return JSONResponse({"event": event_id, "deliveries": deliveries})

    async def _summary(self, _request: Request) -> Response:
        return JSONResponse(summary(self._account))

    async def _books(self, _request: Request) -> Response:
        return JSONResponse(books(self._account))


def summary(account: Account) -> Resource:
    """Counts for checks at the end of a run. By booking means by `metadata.booking_id` of the
    charge; `failed` webhooks are those given up and those dropped by a fault."""
    charges = account.store.all("charge")
    refunds = account.store.all("refund").values()
    paid = Counter(
        booking for charge in charges.values() if charge["paid"] and (booking := charge["metadata"].get("booking_id"))
    )
    refunded = Counter(
        booking for refund in refunds if (booking := charges[refund["charge"]]["metadata"].get("booking_id"))
    )
    deliveries = account.webhooks.counts()
    return {
        "intents": Counter(intent["status"] for intent in account.store.all("payment_intent").values()),
        "charges": Counter(charge["status"] for charge in charges.values()),
        "charges_succeeded_by_booking": paid,
        "refunds": Counter(refund["status"] for refund in refunds),
        "refunds_by_booking": refunded,
        "webhooks": {
            "sent": deliveries["delivered"],
            "pending": deliveries["pending"],
            "failed": deliveries["failed"] + deliveries["dropped"],
        },
    }


def books(account: Account) -> Resource:
    """Everything that happened, oldest first, for an audit: all objects that carry money, the events
    (`id` and `type`) and how the delivery of each fared."""
    kept = account.store.all
    return {
        "payment_intents": list(kept("payment_intent").values()),
        "charges": list(kept("charge").values()),
        "refunds": list(kept("refund").values()),
        "events": [{"id": event["id"], "type": event["type"]} for event in kept("event").values()],
        "deliveries": list(kept("delivery").values()),
    }
