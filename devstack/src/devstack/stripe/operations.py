"""The operations of Stripe's API that the fake knows: address, parameters, what they do."""

from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial

from stripe import params as types

from devstack.stripe import objects
from devstack.stripe.account import Account, Origin, merged_metadata
from devstack.stripe.errors import invalid
from devstack.stripe.intents import PaymentIntents
from devstack.stripe.lists import PAGING, equal, page
from devstack.stripe.objects import Resource
from devstack.stripe.parameters import Params
from devstack.stripe.refunds import Refunds

_EXPAND = frozenset({"expand"})
_CUSTOMER = frozenset({"address", "description", "email", "metadata", "name", "phone",
                       "preferred_locales", "shipping"})  # fmt: skip
_CONFIRM = frozenset({"error_on_requires_action", "off_session", "payment_method", "receipt_email",
                      "return_url", "setup_future_usage", "shipping",
                      "use_stripe_sdk"})  # fmt: skip
_UPDATE = frozenset({"amount", "currency", "customer", "description", "metadata", "payment_method",
                     "receipt_email", "setup_future_usage", "shipping",
                     "statement_descriptor_suffix", "transfer_group"})  # fmt: skip
_CREATE = _CONFIRM | _UPDATE | {"allowed_payment_method_types", "automatic_payment_methods",
                                "capture_method", "confirm", "confirmation_method"}  # fmt: skip
_MAXIMUM_EVENT_TYPES = 20


@dataclass(frozen=True)
class Call:
    """One request: its checked parameters, the id in its path, and where it comes from.

    `pay_page` is the address of the page where a person pays, up to the intent's id.
    """

    params: Params
    identifier: str
    origin: Origin
    pay_page: str


@dataclass(frozen=True)
class Operation:
    """One method and path; `accepts` is the library's TypedDict of its parameters, `simulated`
    names those that are acted upon."""

    method: str
    path: str
    accepts: type
    simulated: frozenset[str]
    run: Callable[[Call], Resource]
    returns: str

    @property
    def listed(self) -> bool:
        """Whether the answer is a list of what it `returns`."""
        return self.method == "GET" and "{id}" not in self.path


class Operations:
    """What each operation does to the account."""

    def __init__(self, account: Account, intents: PaymentIntents, refunds: Refunds) -> None:
        self._account = account
        self._intents = intents
        self._refunds = refunds

    def all(self) -> list[Operation]:
        """Every operation, with the parameters it takes."""
        return [
            Operation("POST", "/v1/payment_intents", types.PaymentIntentCreateParams,
                      _CREATE | _EXPAND, self._create_intent, "payment_intent"),
            Operation("GET", "/v1/payment_intents", types.PaymentIntentListParams,
                      PAGING | {"created", "customer"}, self._list_intents, "payment_intent"),
            Operation("GET", "/v1/payment_intents/{id}", types.PaymentIntentRetrieveParams,
                      _EXPAND, partial(self._retrieve, "payment_intent"), "payment_intent"),
            Operation("POST", "/v1/payment_intents/{id}", types.PaymentIntentUpdateParams,
                      _UPDATE | _EXPAND, self._update_intent, "payment_intent"),
            Operation("POST", "/v1/payment_intents/{id}/confirm", types.PaymentIntentConfirmParams,
                      _CONFIRM | _EXPAND, self._confirm_intent, "payment_intent"),
            Operation("POST", "/v1/payment_intents/{id}/cancel", types.PaymentIntentCancelParams,
                      _EXPAND | {"cancellation_reason"}, self._cancel_intent, "payment_intent"),
            Operation("POST", "/v1/refunds", types.RefundCreateParams,
                      _EXPAND | {"amount", "charge", "metadata", "payment_intent", "reason"},
                      self._create_refund, "refund"),
            Operation("GET", "/v1/refunds", types.RefundListParams,
                      PAGING | {"charge", "created", "payment_intent"},
                      self._list_refunds, "refund"),
            Operation("GET", "/v1/refunds/{id}", types.RefundRetrieveParams,
                      _EXPAND, partial(self._retrieve, "refund"), "refund"),
            Operation("POST", "/v1/refunds/{id}", types.RefundUpdateParams,
                      _EXPAND | {"metadata"}, self._update_refund, "refund"),
            Operation("GET", "/v1/charges/{id}", types.ChargeRetrieveParams,
                      _EXPAND, partial(self._retrieve, "charge"), "charge"),
            Operation("POST", "/v1/customers", types.CustomerCreateParams,
                      _CUSTOMER | _EXPAND, self._create_customer, "customer"),
            Operation("GET", "/v1/customers/{id}", types.CustomerRetrieveParams,
                      _EXPAND, partial(self._retrieve, "customer"), "customer"),
            Operation("GET", "/v1/events", types.EventListParams,
                      PAGING | {"created", "delivery_success", "type", "types"},
                      self._list_events, "event"),
            Operation("GET", "/v1/events/{id}", types.EventRetrieveParams,
                      _EXPAND, self._retrieve_event, "event"),
        ]  # fmt: skip

    def _retrieve(self, kind: str, call: Call) -> Resource:
        return self._account.get(kind, call.identifier)

    def _create_intent(self, call: Call) -> Resource:
        return self._intents.create(call.params, call.origin, call.pay_page)

    def _list_intents(self, call: Call) -> Resource:
        intents = self._account.store.newest("payment_intent")
        keep = equal(call.params, "customer")
        return page("/v1/payment_intents", intents, call.params, keep)

    def _update_intent(self, call: Call) -> Resource:
        intent = self._account.get("payment_intent", call.identifier)
        return self._intents.update(intent, call.params)

    def _confirm_intent(self, call: Call) -> Resource:
        intent = self._account.get("payment_intent", call.identifier)
        return self._intents.confirm(intent, call.params, call.origin, call.pay_page)

    def _cancel_intent(self, call: Call) -> Resource:
        intent = self._account.get("payment_intent", call.identifier)
        return self._intents.cancel(intent, call.params, call.origin)

    def _create_refund(self, call: Call) -> Resource:
        return self._refunds.create(call.params, call.origin)

    def _list_refunds(self, call: Call) -> Resource:
        refunds = self._account.store.newest("refund")
        keep = equal(call.params, "charge", "payment_intent")
        return page("/v1/refunds", refunds, call.params, keep)

    def _update_refund(self, call: Call) -> Resource:
        refund = self._account.get("refund", call.identifier)
        return self._refunds.update(refund, call.params, call.origin)

    def _create_customer(self, call: Call) -> Resource:
        customer = objects.customer()
        metadata = merged_metadata({}, call.params.get("metadata", {}))
        customer |= {name: value or None for name, value in call.params.items() if name in _CUSTOMER}
        customer["metadata"] = metadata
        self._account.emit("customer.created", customer, call.origin)
        return customer

    def _retrieve_event(self, call: Call) -> Resource:
        return self._account.event_view(self._account.get("event", call.identifier))

    def _list_events(self, call: Call) -> Resource:
        params = call.params
        if "type" in params and "types" in params:
            raise invalid("type and types exclude each other.", code="parameters_exclusive")
        patterns = params.get("types") or [params.get("type", "*")]
        if len(patterns) > _MAXIMUM_EVENT_TYPES:
            raise invalid(f"types has at most {_MAXIMUM_EVENT_TYPES} entries.", param="types")

        def keep(event: Resource) -> bool:
            wanted = params.get("delivery_success")
            return any(fnmatchcase(event["type"], pattern) for pattern in patterns) and (
                wanted is None or wanted == self._account.delivered(event)
            )

        listing = page("/v1/events", self._account.store.newest("event"), params, keep)
        return listing | {"data": [self._account.event_view(event) for event in listing["data"]]}
