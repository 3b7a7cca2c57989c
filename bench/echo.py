"""The reference for HTTP: a bare FastAPI application that validates the same bodies and returns them.

Run by `uvicorn bench.echo:app`. No keys, no quota, no signature, no broker, no database.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from pydantic import AwareDatetime, BaseModel, ConfigDict

from devstack.ports import free_ports
from devstack.process import Child
from devstack.server import answers_http

ROOT = Path(__file__).parent.parent


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


class EventBody(BaseModel):
    """The body of `POST /webhooks/stripe`, as far as a receiver looks at it."""

    model_config = ConfigDict(extra="allow")

    id: str
    type: str
    created: int
    data: dict[str, Any]


app = FastAPI()


@app.post("/v1/bookings", status_code=201)
async def echo_booking(body: BookingBody) -> BookingBody:
    """The body, validated and serialised."""
    return body


@app.post("/webhooks/stripe")
async def echo_event(body: EventBody) -> EventBody:
    """The body, validated and serialised."""
    return body


@app.get("/healthz")
async def healthz() -> dict[str, Any]:
    """Up."""
    return {}


@contextmanager
def running_echo(directory: Path) -> Iterator[int]:
    """One process of it; gives the port."""
    [port] = free_ports(1)
    command = [sys.executable, "-m", "uvicorn", "bench.echo:app", "--port", str(port), "--no-access-log"]
    process = Child("echo", [*command, "--log-level", "warning"], directory=directory, cwd=ROOT)
    process.launch()
    try:
        process.wait_until(lambda: answers_http(port, "/healthz"), 20)
        yield port
    finally:
        process.kill()
