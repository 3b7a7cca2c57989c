"""Query parameters that several routes have: those of every list, and instants."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import BeforeValidator, WithJsonSchema

from shared.contracts.booking.catalog import Archived
from shared.contracts.booking.customers import SEARCH_LIMIT
from shared.contracts.fields import INSTANT_SCHEMA, parse_instant

Limit = Annotated[int, Query(ge=1, le=100, description="How many at most.")]
Cursor = Annotated[str | None, Query(description="`next_cursor` of the page before.")]
FollowedChange = Annotated[
    UUID | None, Query(description="A change that was answered with 202: whether it waits, or was refused.")
]
ShowArchived = Annotated[
    Archived, Query(description="Whether archived ones are shown: `false`, `true` (they alone) or `all`.")
]
Search = Annotated[
    str,
    Query(
        min_length=1,
        max_length=SEARCH_LIMIT,
        description="Beginnings of words of a customer's name, address or number, all of which must be found, in any "
        "case and without accents; or the beginning of a booking's id.",
    ),
]
QueryInstant = Annotated[
    datetime,
    # A `+` that was not escaped arrives as a blank.
    BeforeValidator(lambda value: parse_instant(value.replace(" ", "+") if isinstance(value, str) else value)),
    WithJsonSchema(INSTANT_SCHEMA),
]
