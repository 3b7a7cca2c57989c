"""What the modules of a package declare, found by walking it: nobody lists modules by hand, so none is forgotten."""

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType
from typing import TypeVar

D = TypeVar("D")

_ENTRY_POINTS = ("main", "__main__")
"""They put declarations together and make none; to import a `__main__` is to run it."""


def modules_of(package: ModuleType) -> Iterator[ModuleType]:
    """Every module of a package and of those within it, imported, in order of their names."""
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if found.name.rpartition(".")[2] not in _ENTRY_POINTS:
            yield importlib.import_module(found.name)


def declared_in(package: ModuleType, kind: type[D]) -> list[D]:
    """The objects of this type that the modules of a package hold under a name, each once."""
    held = (member for module in modules_of(package) for member in vars(module).values() if isinstance(member, kind))
    return list({id(member): member for member in held}.values())
