"""What Schemathesis can't know from a document: Stripe's signature, times worth asking for, and refusals that depend on
more than the form of a request."""

import os
import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import requests
import schemathesis
import stripe
from hypothesis import strategies as st
from schemathesis.core.failures import Failure
from schemathesis.core.transport import Response
from schemathesis.generation.case import Case
from schemathesis.hooks import HookContext
from schemathesis.openapi.checks import EnsureResourceAvailability, RejectedPositiveData

BEYOND_FORM = {
    "invalid_cursor": "",  # any text by its form, but only those that a list has given out
    "customer_exists": "",  # an address that somebody has already
    "customer_erased": "",  # what the caller itself has done before
    "bookings_open": "",
    "version_conflict": "",  # If-Match names a version at which the thing isn't
    "validation_error": "|".join(
        (
            "to: must be after `from`",  # one member beside another
            "to: must be within 62 days of `from`",
            "weekly_hours: weekly hours overlap",
            "price.amount: [a-z]{3} goes in steps of [0-9]+",
            "deposit_percent: the price is below [0-9]+ [a-z]{3}",
            "currency: not a lower-case ISO 4217 currency code",  # lists that grow by themselves
            "time_zone: not an IANA time zone",
            "country: must be the code of a country",
            "location_id: no such location",
            r"(time_zone|price\.currency): is needed",  # what the settings say
            "expires_at: has passed already",  # which time it is
            "(starts_at|ends_at|first_date|last_date): (is missing|is over|give either|must (not )?(lie|be))",
            "scopes: give a role or scopes, not both",
            "date: must be no earlier than yesterday",
            "windows: weekly hours overlap",
            "(service_id|starts_at): is missing, unless hold_id is given",
            "(service_id|resource_id|starts_at|override): is said by the hold",
            "(operations.[0-9]+)?: ([a-z-]+ (needs|takes no) |names a booking twice)",
            "consents: must not name one twice",
            "customer: (Field required|must be left out where customer_id is given)",
            "resource_ids: are not what the service needs",
            r"requires(\.[0-9]+\.of)?: ",
        )
    ),
}
"""Refusals of requests that are valid by their form: the problem's code, and a pattern of its detail."""
_SERVICE = os.environ["SHOP_SERVICE"]
SHOP: dict[str, Any] = {"service_id": _SERVICE, "service_ids": [_SERVICE], "resource_id": os.environ["SHOP_RESOURCE"]}
"""Members of bodies and parameters that name something of the tenant's shop."""
NEVER_MADE = frozenset(
    {"service_not_found", "resource_not_found", "payment_not_found", "time_off_not_found", "hold_not_found"}
    | {"customer_not_found", "location_not_found"}
)
"""What is told at the address of a thing that was accepted (202) and refused later, or of the payment of a booking that
needs none: no such thing has been there."""


def near_times(days: int) -> str:
    """A whole minute in some days: one that can be searched for and booked."""
    moment = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=days)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


schemathesis.openapi.format(
    "date-time",
    st.one_of(
        *[st.integers(min_value=1, max_value=60).map(near_times)] * 3,
        st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31)).map(lambda moment: f"{moment.isoformat()}Z"),
    ),
)
"""Three in four are worth asking for."""


class StripeSignature(requests.auth.AuthBase):
    """Signs what is sent, with Stripe's own library and the endpoint's secret."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """The request with its signature."""
        body = request.body.decode() if isinstance(request.body, bytes) else request.body or ""
        now = int(time.time())
        signature = stripe.WebhookSignature._compute_signature(f"{now}.{body}", os.environ["STRIPE_WEBHOOK_SECRET"])
        request.headers["Stripe-Signature"] = f"t={now},v1={signature}"
        return request


@schemathesis.hook
def before_call(context: HookContext, case: Case[Any], kwargs: dict[str, Any]) -> None:
    """Give a request that is meant to be carried out what it needs for that: a signature, a key of its own, and in
    three of four a shop that there is."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    if case.operation.path == "/webhooks/stripe":
        kwargs["auth"] = StripeSignature()
    if case.headers and (key := case.headers.get("Idempotency-Key")):
        case.headers["Idempotency-Key"] = f"{str(key)[:200]}{uuid4()}"
    if isinstance(case.body, dict) and len(repr(case.body)) % 4:
        case.body = {name: SHOP.get(name, value) for name, value in case.body.items()}
    if case.operation.path == "/v1/read-only" and isinstance(case.body, dict):
        case.body = case.body | {"active": False}  # or whatever is tried afterwards is refused
    if case.query and case.operation.path == "/v1/availability":
        start, end = sorted(str(case.query[name]) for name in ("from", "to"))
        case.query = {name: SHOP.get(name, value) for name, value in case.query.items()} | {"from": start, "to": end}


@schemathesis.hook
def filter_failure(context: HookContext, failure: Failure, case: Case[Any], response: Response) -> bool:
    """Whether this is a finding: not if a valid request was refused for what its form can't say, or what is missed was
    never made."""
    if isinstance(failure, EnsureResourceAvailability):
        return response.json()["code"] not in NEVER_MADE
    if not isinstance(failure, RejectedPositiveData):
        return True
    problem = response.json()
    pattern = BEYOND_FORM.get(problem["code"])
    told = [problem["detail"], *(f"{error['field']}: {error['message']}" for error in problem.get("errors", ()))]
    known = pattern is not None and any(re.search(pattern, each) for each in told)
    return not known and _headers_are_as_documented(case)


def _headers_are_as_documented(case: Case[Any]) -> bool:
    """Whether headers have the form that the document gives them: Schemathesis fills them up to their greatest length
    with zeros, whatever their pattern says."""
    documented = case.operation.definition.raw.get("parameters", [])
    patterns = {each["name"]: each["schema"].get("pattern", "") for each in documented if each["in"] == "header"}
    return all(re.search(patterns.get(name, ""), str(value)) for name, value in (case.headers or {}).items())
