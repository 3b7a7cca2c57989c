"""Tidebook's HTTP API as an integrator calls it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Self
from uuid import uuid4

import httpx

from shared.clock import utc_now

ALWAYS = [{"weekday": day, "opens": "00:00", "closes": "24:00"} for day in range(7)]


def in_days(days: float) -> datetime:
    """A whole hour about so many days from now."""
    return (utc_now() + timedelta(days=days)).replace(minute=0, second=0, microsecond=0)


@dataclass
class Api:
    """One tenant's view of the API; responses are plain httpx responses."""

    http: httpx.AsyncClient
    key: str
    tenant_id: str = ""
    created: dict[str, Any] = field(default_factory=dict)

    @classmethod
    async def for_new_tenant(cls, http: httpx.AsyncClient, operator_key: str) -> Self:
        operator = {"Authorization": f"Bearer {operator_key}"}
        name = f"Tenant {uuid4().hex[:8]}"
        tenant = await http.post("/v1/tenants", json={"name": name}, headers=operator)
        assert tenant.status_code == 201, tenant.text
        body = {"tenant_id": tenant.json()["id"], "name": "tests"}
        key = await http.post("/v1/api-keys", json=body, headers=operator)
        assert key.status_code == 201, key.text
        return cls(http, key.json()["key"], tenant.json()["id"])

    async def call(self, method: str, path: str, headers: dict[str, str] | None = None, **rest: Any) -> httpx.Response:
        everything = {"Authorization": f"Bearer {self.key}"} | (headers or {})
        return await self.http.request(method, path, headers=everything, **rest)

    async def get(self, path: str, **params: Any) -> httpx.Response:
        return await self.call("GET", path, params=params)

    async def post(self, path: str, body: Any, **headers: str) -> httpx.Response:
        return await self.call("POST", path, headers={k.replace("_", "-"): v for k, v in headers.items()}, json=body)

    async def service(self, **changes: Any) -> str:
        body = {
            "name": "Standard cleaning",
            "duration_minutes": 60,
            "price": {"amount": 9000, "currency": "eur"},
            "minimum_notice_minutes": 0,
        }
        response = await self.post("/v1/services", body | changes)
        assert response.status_code == 201, response.text
        return str(response.json()["id"])

    async def resource(self, *services: str, **changes: Any) -> str:
        body = {
            "name": "Team A",
            "time_zone": "Europe/Paris",
            "weekly_hours": ALWAYS,
            "service_ids": list(services),
        }
        response = await self.post("/v1/resources", body | changes)
        assert response.status_code == 201, response.text
        return str(response.json()["id"])

    async def book(
        self, service: str, starts_at: datetime, email: str = "ada@customer.example", **headers: str
    ) -> httpx.Response:
        body = {
            "service_id": service,
            "starts_at": starts_at.isoformat(),
            "customer": {"name": "Ada", "email": email},
        }
        return await self.post("/v1/bookings", body, **headers)

    async def booking(self, booking_id: str) -> dict[str, Any]:
        response = await self.get(f"/v1/bookings/{booking_id}")
        assert response.status_code == 200, response.text
        seen: dict[str, Any] = response.json()
        return seen

    async def payment(self, booking_id: str) -> dict[str, Any]:
        response = await self.get(f"/v1/bookings/{booking_id}/payment")
        assert response.status_code == 200, response.text
        seen: dict[str, Any] = response.json()
        return seen
