"""PaymentIntents: made, changed, confirmed with a test card, authenticated, cancelled.

The state machine is Stripe's (documentation, "How PaymentIntents work"), for cards that are
captured at once:

    requires_payment_method -> requires_confirmation -> [requires_action ->] succeeded
                            <- a declined attempt

and `canceled` from every status but `succeeded`.
"""

from typing import Any

from devstack.stripe import cards, objects
from devstack.stripe.account import Account, Origin, merged_metadata
from devstack.stripe.cards import Card
from devstack.stripe.currencies import check_amount
from devstack.stripe.errors import ApiError, invalid, no_such, unexpected_state
from devstack.stripe.objects import Resource
from devstack.stripe.parameters import Params

_OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")
_COPIED = ("description", "receipt_email", "setup_future_usage", "shipping",
           "statement_descriptor_suffix", "transfer_group")  # fmt: skip
_ONLY_WITH_CONFIRM = ("error_on_requires_action", "off_session", "return_url")


class PaymentIntents:
    """What can be done to the account's PaymentIntents. Every refusal is an `ApiError`."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def create(self, params: Params, origin: Origin, pay_page: str) -> Resource:
        """A new intent, confirmed at once if `confirm` is set.

        `pay_page` is the address of the page that authenticates a payment, up to the intent's id.
        """
        check_amount(params["amount"], params["currency"])
        self._check_supported(params)
        if not params.get("confirm"):
            for name in _ONLY_WITH_CONFIRM:
                if name in params:
                    raise invalid(f"{name} goes only with confirm=true.", param=name)
        intent = objects.payment_intent(params["amount"], params["currency"])
        if params.get("confirm") and "payment_method" not in params:
            raise invalid(
                "Missing required param: payment_method.",
                code="parameter_missing",
                param="payment_method",
            )
        changes = self._checked_changes(intent, params)
        if "capture_method" in params:
            intent["capture_method"] = params["capture_method"]
        if "automatic_payment_methods" in params:
            automatic = {"allow_redirects": "always"} | params["automatic_payment_methods"]
            intent["automatic_payment_methods"] = automatic if automatic["enabled"] else None
        elif "allowed_payment_method_types" in params:
            intent["allowed_payment_method_types"] = params["allowed_payment_method_types"]
            intent["automatic_payment_methods"] = None
        if params.get("confirm"):
            self._check_return_url(intent, params)
        self._apply(intent, changes)
        self._account.emit("payment_intent.created", intent, origin)
        if params.get("confirm"):
            return self.confirm(intent, params | {"payment_method": None}, origin, pay_page)
        return intent

    def update(self, intent: Resource, params: Params) -> Resource:
        """Changes to an intent; amount, currency and payment method only while it is open."""
        fixed = {"amount", "currency", "customer", "payment_method", "setup_future_usage"}
        if intent["status"] not in _OPEN and (touched := sorted(fixed & params.keys())):
            raise unexpected_state(f"{touched[0]} can't be changed: the status is {intent['status']}.", intent)
        wanted = intent | params
        check_amount(wanted["amount"], wanted["currency"])
        self._apply(intent, self._checked_changes(intent, params))
        self._account.save(intent)
        return intent

    def confirm(self, intent: Resource, params: Params, origin: Origin, pay_page: str) -> Resource:
        """Tries to pay. A decline raises `ApiError` (402), after it was recorded."""
        if intent["status"] not in _OPEN:
            raise unexpected_state(f"It can't be confirmed: the status is {intent['status']}.", intent)
        self._check_return_url(intent, params)
        if params.get("payment_method"):
            method = self._method(params["payment_method"])
        elif intent["payment_method"]:
            method = self._account.get("payment_method", intent["payment_method"])
        else:
            raise unexpected_state("It can't be confirmed without a payment method.", intent)
        self._apply(intent, self._checked_changes(intent, params | {"payment_method": None}))
        intent["payment_method"] = method["id"]
        intent["next_action"] = None
        intent["status"] = "requires_confirmation"
        card = cards.by_fingerprint(method["card"]["fingerprint"])
        if card.authentication:
            if params.get("off_session") or params.get("error_on_requires_action"):
                self._decline(intent, method, _unauthenticated(card), origin)
            else:
                self._ask_to_authenticate(intent, params, origin, pay_page)
        elif card.error_code is not None:
            self._decline(intent, method, card, origin)
        else:
            self._pay(intent, method, card, origin)
        return intent

    def authenticate(self, intent: Resource, *, succeeds: bool) -> None:
        """The customer completes the authentication that the bank asked for, or fails it."""
        if intent["status"] != "requires_action":
            raise unexpected_state(f"No authentication is due: {intent['status']}.", intent)
        method = self._account.get("payment_method", intent["payment_method"])
        intent["next_action"] = None
        if succeeds:
            card = cards.by_fingerprint(method["card"]["fingerprint"])
            self._pay(intent, method, card, Origin())
            return
        intent["status"] = "requires_payment_method"
        intent["payment_method"] = None
        intent["last_payment_error"] = ApiError(
            402,
            "invalid_request_error",
            "The payment method failed its authentication.",
            code="payment_intent_authentication_failure",
            payment_method=method,
        ).error
        self._account.emit("payment_intent.payment_failed", intent, Origin())

    def cancel(self, intent: Resource, params: Params, origin: Origin) -> Resource:
        """Gives the intent up, unless it was paid or cancelled before."""
        if intent["status"] not in _OPEN:
            raise unexpected_state(f"It can't be canceled: the status is {intent['status']}.", intent)
        intent["status"] = "canceled"
        intent["canceled_at"] = objects.now()
        intent["cancellation_reason"] = params.get("cancellation_reason")
        intent["next_action"] = None
        self._account.emit("payment_intent.canceled", intent, origin)
        return intent

    def _check_supported(self, params: Params) -> None:
        for name in ("capture_method", "confirmation_method"):
            if params.get(name) == "manual":
                raise invalid(f"The fake Stripe knows no manual {name}.", param=name)
        if "card" not in params.get("allowed_payment_method_types", ["card"]):
            raise invalid("The fake Stripe takes cards only.", param="allowed_payment_method_types")

    def _check_return_url(self, intent: Resource, params: Params) -> None:
        """Automatic payment methods may redirect, and Stripe insists on knowing where to."""
        automatic = intent["automatic_payment_methods"]
        redirects = automatic is not None and automatic["allow_redirects"] == "always"
        if redirects and not params.get("return_url"):
            raise invalid(
                "With automatic payment methods, pass a return_url to confirm, or make the intent"
                " with automatic_payment_methods[allow_redirects]=never.",
                param="return_url",
            )

    def _checked_changes(self, intent: Resource, params: Params) -> dict[str, Any]:
        changes = {name: params[name] or None for name in _COPIED if name in params}
        if (email := changes.get("receipt_email")) and "@" not in email:
            raise invalid(f"Invalid email address: {email}", code="email_invalid",
                          param="receipt_email")  # fmt: skip
        for name in ("amount", "currency"):
            if name in params:
                changes[name] = params[name]
        if "metadata" in params:
            changes["metadata"] = merged_metadata(intent["metadata"], params["metadata"])
        if "customer" in params:
            customer = self._account.get("customer", params["customer"], param="customer")
            changes["customer"] = customer["id"]
        if params.get("payment_method"):
            changes["payment_method"] = self._method(params["payment_method"])["id"]
        return changes

    def _apply(self, intent: Resource, changes: dict[str, Any]) -> None:
        intent |= changes
        if "payment_method" in changes:
            intent["status"] = "requires_confirmation"
            intent["next_action"] = None

    def _method(self, given: str) -> Resource:
        """The payment method of an id, or a new one of a test token such as `pm_card_visa`."""
        card = cards.by_token(given)
        if card is None:
            method = self._account.store.find("payment_method", given)
            if method is None:
                raise no_such("PaymentMethod", given, param="payment_method", status=400)
            return method
        method = objects.payment_method(card)
        self._account.save(method)
        return method

    def _ask_to_authenticate(self, intent: Resource, params: Params, origin: Origin, pay_page: str) -> None:
        intent["status"] = "requires_action"
        if params.get("return_url"):
            url = {"url": f"{pay_page}{intent['id']}", "return_url": params["return_url"]}
            intent["next_action"] = {"type": "redirect_to_url", "redirect_to_url": url}
        else:
            intent["next_action"] = {"type": "use_stripe_sdk", "use_stripe_sdk": {}}
        self._account.emit("payment_intent.requires_action", intent, origin)

    def _pay(self, intent: Resource, method: Resource, card: Card, origin: Origin) -> None:
        charge = objects.charge(intent, method, card)
        intent["amount_received"] = intent["amount"]
        intent["last_payment_error"] = None
        intent["latest_charge"] = charge["id"]
        intent["status"] = "succeeded"
        self._account.emit("charge.succeeded", charge, origin)
        self._account.emit("payment_intent.succeeded", intent, origin)

    def _decline(self, intent: Resource, method: Resource, card: Card, origin: Origin) -> None:
        charge = objects.charge(intent, method, card)
        refusal = ApiError(
            402,
            "card_error",
            card.message or "",
            code=card.error_code,
            stored=True,
            charge=charge["id"],
            decline_code=card.decline_code,
            payment_method=method,
        )
        intent["last_payment_error"] = dict(refusal.error)
        intent["latest_charge"] = charge["id"]
        intent["payment_method"] = None
        intent["status"] = "requires_payment_method"
        self._account.emit("charge.failed", charge, origin)
        self._account.emit("payment_intent.payment_failed", intent, origin)
        refusal.error["payment_intent"] = intent
        raise refusal


def _unauthenticated(card: Card) -> Card:
    """The card as it behaves where nobody is there to authenticate."""
    return Card(
        card.numbers,
        card.tokens,
        card.title,
        error_code="authentication_required",
        decline_code="authentication_required",
        message="The card asks for authentication.",
    )
