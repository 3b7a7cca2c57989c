"""What is generated from the code is what the code says: the API documents, and what NATS is told."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


def load(path: str) -> ModuleType:
    """A generator, which belongs to no package."""
    name = path.replace("/", "_").removesuffix(".py")
    specification = importlib.util.spec_from_file_location(name, ROOT / path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[name] = module
    specification.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("generator", "name"),
    [
        ("docs/generate.py", "docs/openapi/gateway.json"),
        ("docs/generate.py", "docs/asyncapi.yaml"),
        ("docs/generate.py", "docs/handlers.md"),
        ("deploy/nats/generate.py", "deploy/nats/permissions.conf"),
        ("deploy/nats/generate.py", "deploy/nats/topology.json"),
    ],
)
def test_document_is_up_to_date(generator: str, name: str) -> None:
    path = ROOT / name
    assert path.read_text() == load(generator).documents()[path], "run `make docs`"
