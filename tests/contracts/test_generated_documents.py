"""What is generated from the code is what the code says: the API documents, and what NATS is told."""

import importlib.util
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

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


def keywords(schema: Any) -> Iterator[str]:
    """The names of all that a document says about shapes, without examples and the names of members."""
    if isinstance(schema, list):
        for part in schema:
            yield from keywords(part)
    if isinstance(schema, dict):
        for name, value in schema.items():
            yield name
            if name not in ("example", "examples", "default"):
                yield from keywords(list(value.values()) if name == "properties" else value)


def test_bounds_are_told_in_json_schemas_words() -> None:
    """Pydantic leaves its own where a bound stands behind a validator: `Annotated[Whole, Field(ge=0)]`."""
    said = set(keywords(json.loads((ROOT / "docs/openapi/gateway.json").read_text())))
    assert {"minimum", "maximum", "maxLength", "pattern"} <= said
    assert said.isdisjoint({"ge", "gt", "le", "lt", "multiple_of", "min_length", "max_length", "strict"})
