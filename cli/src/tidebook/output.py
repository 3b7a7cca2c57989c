"""How commands tell what they found: lines for people, one JSON document for programs."""

import json
from typing import Annotated, Any

import typer

AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output, for programs.")]


def print_json(document: Any) -> None:
    """The document, indented, with everything as the API or the check named it."""
    typer.echo(json.dumps(document, indent=2, ensure_ascii=False))


def minute(instant: str | None) -> str:
    """An instant of the API's as lines show it, to the minute in UTC; empty for none."""
    return str(instant)[:16].replace("T", " ") if instant else ""
