"""Parameters held against the official library's own types, so that an unknown one is refused.

`stripe.params` describes each operation as a TypedDict. From it come the names, which of them are
required, and what each value may be; text from the wire becomes integers, booleans and lists.
"""

import re
import sys
import types
import typing
from collections.abc import Mapping
from functools import cache
from typing import Any, Literal, get_args, get_origin

from stripe import RequestOptions
from typing_extensions import is_typeddict

from devstack.stripe.errors import invalid
from devstack.stripe.forms import Tree

Params = dict[str, Any]

# Eighteen digits hold any amount or time, and keep int() away from texts of a million digits.
_INTEGER = re.compile(r"-?[0-9]{1,18}")
# The library adds its own options (API key, headers) to each operation's top level.
_OPTIONS = frozenset(RequestOptions.__annotations__)


def checked(operation: type, given: Mapping[str, Tree], simulated: frozenset[str]) -> Params:
    """`given` as the operation's TypedDict describes it.

    `simulated` names the parameters that the fake acts upon. One that Stripe knows and the fake
    does not is refused too: a silent no-op would prove nothing. Raises `ApiError` (400) naming
    the parameter.
    """
    known = _fields(operation)
    for name in given:
        if name in known and name not in simulated:
            raise invalid(
                f"The fake Stripe does not act out the parameter: {name}",
                code="parameter_not_simulated",
                param=name,
            )
    return _read_fields(operation, given, "")


@cache
def _fields(operation: type) -> dict[str, Any]:
    own = {name: annotation for name, annotation in operation.__annotations__.items() if name not in _OPTIONS}
    return typing.get_type_hints(types.SimpleNamespace(__annotations__=own), vars(sys.modules[operation.__module__]))


def _read_fields(structure: type, given: Mapping[str, Tree], path: str) -> Params:
    known = _fields(structure)
    for name in given:
        if name not in known:
            full = _join(path, name)
            raise invalid(f"Received unknown parameter: {full}", code="parameter_unknown", param=full)
    required: frozenset[str] = structure.__required_keys__  # type: ignore[attr-defined]
    for name in known:
        if name in required and name not in given:
            full = _join(path, name)
            raise invalid(f"Missing required param: {full}.", code="parameter_missing", param=full)
    return {name: _read(known[name], tree, _join(path, name)) for name, tree in given.items()}


def _read(annotation: Any, tree: Tree, path: str) -> Any:
    options = _options(annotation)
    literals = {value for option in options if get_origin(option) is Literal for value in get_args(option)}
    if tree == "":
        if "" in literals:
            return ""
        raise invalid(
            f"{path} is empty, and an empty value would unset it, which it does not allow.",
            code="parameter_invalid_empty",
            param=path,
        )
    if isinstance(tree, dict):
        return _read_structure(options, tree, path)
    if bool in options and tree in ("true", "false"):
        return tree == "true"
    if tree in literals:
        return tree
    if int in options:
        if _INTEGER.fullmatch(tree):
            return int(tree)
        raise invalid(f"Invalid integer: {tree}", code="parameter_invalid_integer", param=path)
    if bool in options:
        raise invalid(f"Invalid boolean: {tree}", param=path)
    # `Literal[...] | str` is how the library leaves room for values of later versions; this version
    # knows those it lists.
    if allowed := sorted(literals - {""}):
        raise invalid(f"Invalid {path}: must be one of {', '.join(allowed)}", param=path)
    if str in options:
        return tree
    raise invalid(f"Invalid object: {path}", param=path)


def _read_structure(options: list[Any], tree: dict[str, Tree], path: str) -> Any:
    for option in options:
        if is_typeddict(option):
            return _read_fields(option, tree, path)
        if get_origin(option) is dict:
            return _texts(tree, path)
        if get_origin(option) is list:
            (item,) = get_args(option)
            if not all(index.isascii() and index.isdigit() for index in tree):
                raise invalid(f"Invalid array: {path}", param=path)
            ordered = sorted(tree.items(), key=lambda entry: int(entry[0]))
            return [_read(item, value, f"{path}[{index}]") for index, value in ordered]
    raise invalid(f"Invalid value: {path} is not an object", param=path)


def _texts(tree: dict[str, Tree], path: str) -> dict[str, str]:
    texts: dict[str, str] = {}
    for name, value in tree.items():
        if isinstance(value, dict):
            raise invalid(f"Invalid string: {path}[{name}]", param=f"{path}[{name}]")
        texts[name] = value
    return texts


def _options(annotation: Any) -> list[Any]:
    if get_origin(annotation) in (typing.Union, types.UnionType):
        return [option for part in get_args(annotation) for option in _options(part)]
    return [annotation]


def _join(path: str, name: str) -> str:
    return f"{path}[{name}]" if path else name
