"""The published API documents are what the code says."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


def load_generator() -> ModuleType:
    specification = importlib.util.spec_from_file_location("docs_generate", ROOT / "docs" / "generate.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules["docs_generate"] = module
    specification.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["openapi/gateway.json", "asyncapi.yaml"])
def test_document_is_up_to_date(name: str) -> None:
    path = ROOT / "docs" / name
    assert path.read_text() == load_generator().documents()[path], "run `make docs`"
