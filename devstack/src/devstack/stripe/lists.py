"""Lists: newest first, in pages, and with objects expanded in place (Stripe API reference,
"Pagination" and "Expanding responses")."""

import operator
from collections.abc import Callable

from devstack.stripe import objects
from devstack.stripe.account import Account
from devstack.stripe.errors import invalid
from devstack.stripe.objects import Resource
from devstack.stripe.parameters import Params

_DEFAULT_LIMIT = 10
_MAXIMUM_LIMIT = 100
_MAXIMUM_DEPTH = 4
_COMPARISONS = {"gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le}
_EXPANDABLE = {
    "charge": {"customer": "customer", "payment_intent": "payment_intent", "refunds": "refund"},
    "customer": {},
    "event": {},
    "payment_intent": {
        "customer": "customer",
        "latest_charge": "charge",
        "payment_method": "payment_method",
    },
    "payment_method": {"customer": "customer"},
    "refund": {
        "charge": "charge",
        "customer": "customer",
        "payment_intent": "payment_intent",
        "payment_method": "payment_method",
    },
}

PAGING = frozenset({"ending_before", "expand", "limit", "starting_after"})
"""The parameters that every list takes."""


def page(
    url: str,
    newest_first: list[Resource],
    params: Params,
    keep: Callable[[Resource], bool],
) -> Resource:
    """The page of what `keep` wants that `limit`, `starting_after`, `ending_before` and `created`
    ask for. A cursor may be an object that `keep` refuses by now."""
    limit = params.get("limit", _DEFAULT_LIMIT)
    if not 1 <= limit <= _MAXIMUM_LIMIT:
        raise invalid(
            f"limit is at least 1 and at most {_MAXIMUM_LIMIT}.",
            code="parameter_invalid_integer",
            param="limit",
        )
    if "starting_after" in params and "ending_before" in params:
        raise invalid("starting_after and ending_before exclude each other.", code="parameters_exclusive")
    candidates = newest_first
    if "starting_after" in params:
        candidates = candidates[_position(candidates, params, "starting_after") + 1 :]
    if "ending_before" in params:
        candidates = candidates[: _position(candidates, params, "ending_before")]
    found = [resource for resource in candidates if _created_within(resource, params) and keep(resource)]
    shown = found[-limit:] if "ending_before" in params else found[:limit]
    return objects.listing(url, shown, has_more=len(found) > limit)


def equal(params: Params, *names: str) -> Callable[[Resource], bool]:
    """Whether a resource's fields equal the parameters of the same names, where these are given."""
    wanted = {name: params[name] for name in names if name in params}
    return lambda resource: all(resource[name] == value for name, value in wanted.items())


def check_expandable(kind: str, listed: bool, paths: list[str]) -> None:
    """Raises `ApiError` (400) unless `paths` can be expanded in an object of `kind`, or in a list
    of them: asked before anything is done, so that a refused request leaves no effect."""
    for path in paths:
        names = path.split(".")
        found: str | None = kind
        if listed:
            found = kind if names.pop(0) == "data" and names else None
        for name in names:
            found = _EXPANDABLE[found].get(name) if found else None
        if found is None or len(names) > _MAXIMUM_DEPTH:
            raise invalid(f"This property cannot be expanded: {path}", param="expand")


def expanded(account: Account, resource: Resource, paths: list[str]) -> Resource:
    """A copy with the ids at `paths` (`latest_charge.customer`, `data.charge`) replaced by their
    objects; the paths are those that `check_expandable` let pass."""
    for path in paths:
        resource = _expand(account, resource, path.split("."))
    return resource


def _expand(account: Account, resource: Resource, names: list[str]) -> Resource:
    name, *rest = names

    def deeper(inner: Resource) -> Resource:
        return _expand(account, inner, rest) if rest else inner

    if resource["object"] == "list":
        return resource | {"data": [deeper(item) for item in resource["data"]]}
    if name == "refunds":
        every = account.store.newest("refund")
        refunds = [deeper(refund) for refund in every if refund["charge"] == resource["id"]]
        url = f"/v1/charges/{resource['id']}/refunds"
        return resource | {name: objects.listing(url, refunds, has_more=False)}
    value = resource[name]
    if value is None:
        return resource
    kind = _EXPANDABLE[resource["object"]][name]
    inner = account.get(kind, value) if isinstance(value, str) else value
    return resource | {name: deeper(inner)}


def _created_within(resource: Resource, params: Params) -> bool:
    created = params.get("created", {})
    if isinstance(created, int):
        return bool(resource["created"] == created)
    return all(_COMPARISONS[comparison](resource["created"], limit) for comparison, limit in created.items())


def _position(found: list[Resource], params: Params, name: str) -> int:
    for position, resource in enumerate(found):
        if resource["id"] == params[name]:
            return position
    raise invalid(f"No such object: '{params[name]}'", code="resource_missing", param=name)
