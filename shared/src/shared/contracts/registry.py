"""Every published contract, found by walking this package: a new module is known without being listed."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from types import ModuleType
from typing import TypeVar

from shared import contracts
from shared.contracts.base import Contract

C = TypeVar("C", bound=Contract)


def published(kind: type[C]) -> list[type[C]]:
    """The contracts of a kind that travel by themselves, in order of their `TYPE`."""
    found = {
        member.__dict__["TYPE"]: member
        for module in _modules()
        for _, member in inspect.getmembers(module, inspect.isclass)
        if issubclass(member, kind) and "TYPE" in member.__dict__
    }
    return [found[name] for name in sorted(found)]


def _modules() -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(contracts.__path__, f"{contracts.__name__}."):
        if found.name != __name__:
            yield importlib.import_module(found.name)
