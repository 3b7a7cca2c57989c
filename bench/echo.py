"""The reference: a bare FastAPI application that validates the same body and returns it.

Run by `uvicorn bench.echo:app`. No keys, no quota, no broker, no database.
"""

from typing import Any

from fastapi import FastAPI
from pydantic import AwareDatetime, BaseModel, ConfigDict


class Customer(BaseModel):
    """As in the public API."""

    model_config = ConfigDict(extra="forbid")

    name: str
    email: str
    phone: str | None = None


class BookingBody(BaseModel):
    """The body of `POST /v1/bookings`."""

    model_config = ConfigDict(extra="forbid")

    service_id: str
    resource_id: str | None = None
    starts_at: AwareDatetime
    customer: Customer
    notes: str | None = None
    metadata: dict[str, str] | None = None


app = FastAPI()


@app.post("/v1/bookings", status_code=201)
async def echo(body: BookingBody) -> BookingBody:
    """The body, validated and serialised."""
    return body


@app.get("/healthz")
async def healthz() -> dict[str, Any]:
    """Up."""
    return {}
