"""Stripe's form encoding: `metadata[booking_id]=1&expand[0]=latest_charge` to nested values.

Everything stays text here; what a value means is for `parameters` to say.
"""

import re
from urllib.parse import parse_qsl

from devstack.stripe.errors import invalid

Tree = str | dict[str, "Tree"]

_KEY = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_MAXIMUM_FIELDS = 1000


def decode(encoded: bytes) -> dict[str, Tree]:
    """The values of a query string or form body; arrays are dicts by index.

    Raises `ApiError` (400) for text that is not UTF-8, brackets that do not match, and a name that
    is used both as a value and as a container.
    """
    try:
        pairs = parse_qsl(
            encoded.decode("utf-8"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MAXIMUM_FIELDS,
        )
    except (UnicodeDecodeError, ValueError) as problem:
        raise invalid("The request's parameters could not be decoded.") from problem
    tree: dict[str, Tree] = {}
    for key, value in pairs:
        _insert(tree, key, value)
    return tree


def _insert(tree: dict[str, Tree], key: str, value: str) -> None:
    match = _KEY.fullmatch(key)
    if match is None:
        raise invalid(f"Received unknown parameter: {key}", code="parameter_unknown", param=key[:100])
    *parents, last = [match[1], *re.findall(r"\[([^\[\]]*)\]", match[2])]
    container = tree
    for parent in parents:
        child = container.setdefault(parent or str(len(container)), {})
        if not isinstance(child, dict):
            raise invalid(f"Invalid object: {key}", param=key)
        container = child
    name = last or str(len(container))
    if isinstance(container.get(name), dict):
        raise invalid(f"Invalid object: {key}", param=key)
    container[name] = value
