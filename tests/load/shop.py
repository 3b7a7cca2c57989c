"""A tenant with more free slots than any run books, and the raw requests for them."""

import itertools
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx

from devstack.stack import Stack
from tests.support.client import Api, in_days


class Shop:
    """Each request books another slot, so that refusals are the system's, never the calendar's."""

    def __init__(self, key: str, service: str, teams: list[str]) -> None:
        self._headers = {"Authorization": f"Bearer {key}"}
        self._service = service
        self._teams = teams
        self._slots = itertools.count()

    @classmethod
    async def open(cls, stack: Stack, teams: int = 8) -> "Shop":
        """Over the API, as any tenant."""
        async with httpx.AsyncClient(base_url=stack.api_url, timeout=30, trust_env=False) as http:
            api = await Api.for_new_tenant(http, stack.credentials.operator_api_key)
            service = await api.service(duration_minutes=30)
            return cls(api.key, service, [await api.resource(service, name=f"Team {n}") for n in range(teams)])

    def booking(self) -> dict[str, Any]:
        """The next `POST /v1/bookings`, as httpx builds a request."""
        slot, team = divmod(next(self._slots), len(self._teams))
        starts_at = in_days(2) + timedelta(minutes=30 * slot)
        body = {
            "service_id": self._service,
            "resource_id": self._teams[team],
            "starts_at": starts_at.isoformat(),
            "customer": {"name": "Ada Lovelace", "email": f"ada{slot}@customer.example"},
        }
        headers = self._headers | {"Idempotency-Key": uuid4().hex}
        return {"method": "POST", "url": "/v1/bookings", "json": body, "headers": headers}

    def reading(self) -> dict[str, Any]:
        """`GET /v1/bookings`, as httpx builds a request."""
        return {"method": "GET", "url": "/v1/bookings", "params": {"limit": 5}, "headers": self._headers}

    def bookings(self) -> Iterator[bytes]:
        """`POST /v1/bookings` as bytes, again and again."""
        while True:
            request = self.booking()
            body = json.dumps(request["json"]).encode()
            told = {"Host": "load", "Content-Type": "application/json", **request["headers"]}
            lines = [f"{name}: {value}\r\n" for name, value in told.items()]
            head = f"POST /v1/bookings HTTP/1.1\r\n{''.join(lines)}Content-Length: {len(body)}\r\n\r\n"
            yield head.encode() + body
