"""Refunds: of a part or the whole of a charge, and the test cards whose refunds end later."""

import asyncio
from typing import Any

from devstack.stripe import cards, objects
from devstack.stripe.account import Account, Origin, merged_metadata
from devstack.stripe.currencies import written
from devstack.stripe.errors import ApiError, invalid
from devstack.stripe.objects import Resource
from devstack.stripe.parameters import Params

SETTLES_AFTER_SECONDS = 1.0


class Refunds:
    """What can be done to the account's Refunds. Every refusal is an `ApiError`."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def create(self, params: Params, origin: Origin) -> Resource:
        """Gives back `amount` (minor units), or all that is left, of a charge that succeeded."""
        charge = self._charge(params)
        left = charge["amount"] - charge["amount_refunded"]
        if left == 0:
            raise ApiError(
                400,
                "invalid_request_error",
                f"The charge {charge['id']} was refunded already.",
                code="charge_already_refunded",
                stored=True,
            )
        amount = params.get("amount", left)
        if amount < 1:
            raise invalid(
                "This value must be greater than or equal to 1.",
                code="parameter_invalid_integer",
                param="amount",
            )
        if amount > left:
            raise invalid(
                f"{written(amount, charge['currency'])} is more than what is left of the charge:"
                f" {written(left, charge['currency'])}.",
                param="amount",
            )
        metadata = merged_metadata({}, params.get("metadata", {}))
        later = self._settles_later(charge)
        refund = objects.refund(charge, amount, "pending" if later == "succeeded" else "succeeded")
        refund["reason"] = params.get("reason")
        refund["metadata"] = metadata
        self._account.emit("refund.created", refund, origin)
        previous = self._add_refunded(charge, amount)
        self._account.emit("charge.refunded", charge, origin, previous)
        if later is not None:
            settlement = {"refund": refund["id"], "status": later}
            self._account.store.put("settlement", refund["id"], settlement)
            self._settle_soon(refund["id"])
        return refund

    def update(self, refund: Resource, params: Params, origin: Origin) -> Resource:
        """Changes a refund's metadata, the one thing about it that can be changed."""
        if "metadata" in params:
            previous = {"metadata": refund["metadata"]}
            refund["metadata"] = merged_metadata(refund["metadata"], params["metadata"])
            self._account.emit("refund.updated", refund, origin, previous)
        return refund

    def resume(self) -> None:
        """Settles what an earlier run left to settle."""
        for settlement in self._account.store.all("settlement").values():
            if settlement["status"] is not None:
                self._settle_soon(settlement["refund"])

    def _charge(self, params: Params) -> Resource:
        if ("charge" in params) == ("payment_intent" in params):
            raise invalid(
                "Exactly one of charge and payment_intent must be given.",
                code="parameters_exclusive" if "charge" in params else "parameter_missing",
                param="payment_intent",
            )
        if "charge" in params:
            charge = self._account.get("charge", params["charge"], param="charge")
            if charge["paid"]:
                return charge
        else:
            given = params["payment_intent"]
            intent = self._account.get("payment_intent", given, param="payment_intent")
            if intent["status"] == "succeeded":
                return self._account.get("charge", intent["latest_charge"])
        raise ApiError(
            400,
            "invalid_request_error",
            "There is no successful charge to refund.",
            code="charge_not_refundable",
            stored=True,
        )

    def _settles_later(self, charge: Resource) -> str | None:
        """The status that a refund to the charge's card gets in the end, if not at once."""
        fingerprint = charge["payment_method_details"]["card"]["fingerprint"]
        outcomes = {"fails later": "failed", "succeeds later": "succeeded"}
        return outcomes.get(cards.by_fingerprint(fingerprint).refund)

    def _settle_soon(self, refund_id: str) -> None:
        asyncio.get_running_loop().call_later(SETTLES_AFTER_SECONDS, self._settle, refund_id)

    def _settle(self, refund_id: str) -> None:
        settlement = self._account.get("settlement", refund_id)
        refund = self._account.get("refund", refund_id)
        previous: dict[str, Any] = {"status": refund["status"]}
        refund["status"] = settlement["status"]
        if refund["status"] == "failed":
            refund["failure_reason"] = "expired_or_canceled_card"
            refund["failure_balance_transaction"] = objects.new_id("txn")
            previous |= {"failure_reason": None, "failure_balance_transaction": None}
            charge = self._account.get("charge", refund["charge"])
            self._add_refunded(charge, -refund["amount"])
            self._account.save(charge)
            self._account.emit("refund.failed", refund, Origin(), previous)
        self._account.emit("refund.updated", refund, Origin(), previous)
        self._account.store.put("settlement", refund_id, settlement | {"status": None})
        self._account.store.commit()

    def _add_refunded(self, charge: Resource, amount: int) -> Resource:
        """Changes what is refunded of the charge; returns the fields as they were."""
        previous = {name: charge[name] for name in ("amount_refunded", "refunded")}
        charge["amount_refunded"] += amount
        charge["refunded"] = charge["amount_refunded"] == charge["amount"]
        return {name: value for name, value in previous.items() if charge[name] != value}
