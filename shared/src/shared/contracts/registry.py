"""Every published contract, found by walking this package: a new module is known without being listed."""

import inspect
from typing import TypeVar

from shared import contracts
from shared.contracts.base import Contract
from shared.declarations import modules_of

C = TypeVar("C", bound=Contract)


def published(kind: type[C]) -> list[type[C]]:
    """The contracts of a kind that travel by themselves, in order of their `TYPE`."""
    found = {
        member.__dict__["TYPE"]: member
        for module in modules_of(contracts)
        for _, member in inspect.getmembers(module, inspect.isclass)
        if issubclass(member, kind) and "TYPE" in member.__dict__
    }
    return [found[name] for name in sorted(found)]
