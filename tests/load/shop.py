"""A tenant with more free slots than any run books, and the raw requests for them."""

import itertools
import json
from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import httpx

from devstack.stack import Stack
from tests.support.client import Api, in_days

SLOTS_PER_TEAM = 48 * 300


class Shop:
    """Each request books another slot, so that refusals are the system's, never the calendar's."""

    def __init__(self, key: str, service: str, teams: list[str]) -> None:
        self._key = key
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

    def bookings(self) -> Iterator[bytes]:
        """`POST /v1/bookings`, again and again."""
        first = in_days(2)
        for n in self._slots:
            slot, team = divmod(n, len(self._teams))
            body = {
                "service_id": self._service,
                "resource_id": self._teams[team],
                "starts_at": (first + timedelta(minutes=30 * slot)).isoformat(),
                "customer": {"name": "Ada Lovelace", "email": f"ada{n}@customer.example"},
            }
            yield self._request("POST", "/v1/bookings", json.dumps(body).encode())

    def reads(self) -> Iterator[bytes]:
        """`GET /v1/bookings`, again and again."""
        while True:
            yield self._request("GET", "/v1/bookings?limit=5", b"")

    def _request(self, method: str, path: str, body: bytes) -> bytes:
        key = f"Idempotency-Key: {uuid4().hex}\r\n" if body else ""
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: load\r\nContent-Type: application/json\r\n{key}"
            f"Authorization: Bearer {self._key}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body
