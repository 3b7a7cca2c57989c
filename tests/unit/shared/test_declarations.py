"""What a package declares is found wherever it stands in it."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from uuid import uuid4

import pytest

from shared.declarations import declared_in, modules_of

FILES = {
    "__init__.py": "",
    "__main__.py": "raise AssertionError('run')",
    "main.py": "raise AssertionError('put together')",
    "alone.py": "from array import array\nnumbers = array('i', [2])",
    "zoo/__init__.py": "",
    "zoo/lions.py": "from array import array\nnumbers = array('i', [3])\nmore = array('i', [4])",
    "zoo/main.py": "raise AssertionError('put together')",
    "zoo/tigers.py": "from {name}.alone import numbers\nfrom {name}.zoo.lions import more as others\nname = 'tigers'",
}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    name = f"package_{uuid4().hex}"
    for path, source in FILES.items():
        place = tmp_path / name / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(source.replace("{name}", name))
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module(name)
    for known in [known for known in sys.modules if known.partition(".")[0] == name]:
        del sys.modules[known]


def test_modules_are_found_at_any_depth_but_for_entry_points(package: ModuleType) -> None:
    names = [module.__name__.partition(".")[2] for module in modules_of(package)]
    assert names == ["alone", "zoo", "zoo.lions", "zoo.tigers"]


def test_an_object_is_found_once_whoever_imports_it(package: ModuleType) -> None:
    kind = type(importlib.import_module(f"{package.__name__}.alone").numbers)
    assert [list(numbers) for numbers in declared_in(package, kind)] == [[2], [3], [4]]
    assert declared_in(package, complex) == []
