"""A tenant to make bookings for, opened over the API as any other."""

import asyncio
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
from nats import connect

from devstack.stack import Stack

SLOTS_PER_RESOURCE = 48 * 80
WEEK = [{"weekday": day, "opens": "00:00", "closes": "24:00"} for day in range(7)]


@dataclass(slots=True)
class Shop:
    """A tenant with so many slots that every booking is for another one."""

    key: str
    service_id: str
    resource_ids: list[str]
    made: int = 0

    def bodies(self, count: int) -> Iterator[bytes]:
        """Bodies for the next `count` slots."""
        first = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
        for n in range(self.made, self.made + count):
            resource, slot = divmod(n, SLOTS_PER_RESOURCE)
            yield json.dumps(
                {
                    "service_id": self.service_id,
                    "resource_id": self.resource_ids[resource],
                    "starts_at": (first + timedelta(minutes=30 * slot)).isoformat(),
                    "customer": {"name": "Ada Lovelace", "email": f"ada{n}@customer.example"},
                    "notes": "The key is under the mat.",
                    "metadata": {"source": "bench"},
                }
            ).encode()
        self.made += count

    def requests(self, count: int) -> Iterator[bytes]:
        """The same as raw HTTP/1.1 requests, each with the key and an `Idempotency-Key` of its own."""
        for body in self.bodies(count):
            key = f"Authorization: Bearer {self.key}\r\nIdempotency-Key: {uuid4().hex}\r\n"
            yield post("/v1/bookings", body, key)

    def get(self, path: str) -> bytes:
        """A raw `GET` with the key."""
        return f"GET {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {self.key}\r\n\r\n".encode()


def post(path: str, body: bytes, headers: str = "") -> bytes:
    """A raw HTTP/1.1 request with a JSON body; `headers` are whole lines."""
    head = f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n{headers}"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def open_shop(stack: Stack, bookings: int = 0, *, teams: int = 1, step_minutes: int = 30) -> Shop:
    """A new tenant with room for so many bookings, and at least so many resources."""
    async with httpx.AsyncClient(base_url=stack.api_url, timeout=20, trust_env=False) as http:

        async def make(path: str, key: str, body: dict[str, Any]) -> dict[str, Any]:
            response = await http.post(path, json=body, headers={"Authorization": f"Bearer {key}"})
            response.raise_for_status()
            made: dict[str, Any] = response.json()
            return made

        operator = stack.credentials.operator_api_key
        tenant = await make("/v1/tenants", operator, {"name": "Bench"})
        key = (await make("/v1/api-keys", operator, {"tenant_id": tenant["id"], "name": "bench"}))["key"]
        service = {
            "name": "Bench",
            "duration_minutes": 30,
            "price": {"amount": 9000, "currency": "eur"},
            "minimum_notice_minutes": 0,
            "slot_step_minutes": step_minutes,
        }
        service_id = (await make("/v1/services", key, service))["id"]
        resource = {"time_zone": "Europe/Paris", "weekly_hours": WEEK, "service_ids": [service_id]}
        wanted = max(bookings // SLOTS_PER_RESOURCE + 1, teams)
        made = [await make("/v1/resources", key, {"name": f"Team {n}", **resource}) for n in range(wanted)]
        return Shop(key, service_id, [r["id"] for r in made])


async def drained(stack: Stack, *streams: str) -> float:
    """Wait until every consumer of these streams has caught up; returns the seconds that took."""
    started = time.perf_counter()
    nats = await connect(stack.servers.nats.url)
    js = nats.jetstream()
    try:
        while True:
            waiting = 0
            for stream in streams:
                for info in await js.consumers_info(stream):
                    waiting += (info.num_pending or 0) + (info.num_ack_pending or 0)
            if not waiting:
                return time.perf_counter() - started
            await asyncio.sleep(0.2)
    finally:
        await nats.close()
