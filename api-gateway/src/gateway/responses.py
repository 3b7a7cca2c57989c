"""Answers that are not problems."""

from collections.abc import Mapping

from pydantic import BaseModel
from starlette.responses import Response


def show(thing: BaseModel, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A model as the JSON body of a response, serialised once."""
    return Response(thing.model_dump_json(), status, headers, "application/json")
