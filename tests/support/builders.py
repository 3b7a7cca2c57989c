"""Example messages, built from the contracts themselves: every member filled, the same on every run.

`make docs` writes the golden files anew. Do that only for a change that ADR 0009 allows; the difference that
git then shows is what other services will see.
"""

import types
from datetime import UTC, date, datetime
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin
from uuid import UUID, uuid5

from pydantic import BaseModel

from shared.contracts.base import Command, Contract, Event, Outcome, Outcomes, Query
from shared.contracts.registry import published
from shared.contracts.stripe import StripeEvent

GOLDEN = Path(__file__).parents[1] / "contracts" / "golden"

C = TypeVar("C", bound=Contract)

_NAMESPACE = UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")
_MOMENT = datetime(2027, 3, 28, 9, 30, tzinfo=UTC)
_LEAVES: dict[Any, Any] = {
    bool: True,
    int: 7,
    float: 1.5,
    datetime: _MOMENT,
    date: _MOMENT.date(),
    Any: "anything",
}
_BY_NAME = {"currency": "eur", "time_zone": "Europe/Paris", "email": "ada@example.test", "opens": "09:00"}


def example(contract: type[C]) -> C:
    """A message of this contract with every member set, optional ones too."""
    values = {name: _value(field.annotation, name, contract) for name, field in contract.model_fields.items()}
    return contract.model_validate(values)


def _value(kind: Any, name: str, inside: type[Contract]) -> Any:
    origin = get_origin(kind)
    if origin is Annotated:
        return _value(get_args(kind)[0], name, inside)
    if origin in (Union, types.UnionType):
        return _value(next(a for a in get_args(kind) if a is not type(None)), name, inside)
    if origin is list:
        return [_value(get_args(kind)[0], name, inside)]
    if origin is dict:
        return {"key": _value(get_args(kind)[1], name, inside)}
    if kind is UUID:
        return uuid5(_NAMESPACE, f"{inside.__name__}.{name}")
    if kind is str:
        return _BY_NAME.get(name, f"{name} é")
    if isinstance(kind, type) and issubclass(kind, Enum):
        return next(iter(kind))
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        assert issubclass(kind, Contract), f"{kind.__name__} is part of a message and no contract"
        return example(kind)
    return _LEAVES[kind]


def messages() -> dict[str, type[Contract]]:
    """Every contract that travels by itself: name of its golden file to its type."""
    found: dict[str, type[Contract]] = {"outcome": Outcome, "outcomes": Outcomes, StripeEvent.TYPE: StripeEvent}
    for contract in published(Event):
        found[contract.TYPE] = contract
    for command in published(Command):
        found[command.TYPE] = command
    for query in published(Query):
        found[query.TYPE] = query
        found[f"{query.TYPE}.reply"] = query.reply_type()
    return found


def encoded(message: Contract) -> str:
    """A message as its golden file holds it."""
    return message.model_dump_json(indent=2) + "\n"
