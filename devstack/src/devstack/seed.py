"""The demo tenant of `make run`: a cleaning firm with two services and two teams."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import httpx

from devstack.process import DevstackError

_TIMEOUT_SECONDS = 20
_WEEKDAYS = range(5)
_HOURS = [{"weekday": day, "opens": "08:00", "closes": "18:00"} for day in _WEEKDAYS]
_SATURDAY = [{"weekday": 5, "opens": "09:00", "closes": "13:00"}]

TENANT = "Sparkle Cleaning"
SERVICES: tuple[dict[str, Any], ...] = (
    {"name": "Standard cleaning", "duration_minutes": 120, "price": {"amount": 9000, "currency": "eur"}},
    {
        "name": "Deep cleaning",
        "duration_minutes": 180,
        "price": {"amount": 18000, "currency": "eur"},
        "deposit_percent": 30,
    },
)
RESOURCES: tuple[dict[str, Any], ...] = (
    {"name": "Team Ada", "time_zone": "Europe/Paris", "weekly_hours": [*_HOURS, *_SATURDAY]},
    {"name": "Team Grace", "time_zone": "Europe/Paris", "weekly_hours": _HOURS},
)


def demo_tenant(api_url: str, operator_api_key: str, demo_api_key: str) -> str:
    """An API key of the demo tenant: the one given if it still opens, else that of a new tenant.

    Raises `DevstackError` if the API refuses or can't be reached.
    """
    with httpx.Client(base_url=api_url, timeout=_TIMEOUT_SECONDS, trust_env=False) as http:
        try:
            if demo_api_key and http.get("/v1/services", headers=bearer(demo_api_key)).status_code == httpx.codes.OK:
                return demo_api_key
            tenant = created(http, operator_api_key, "/v1/tenants", {"name": TENANT})
            key = created(http, operator_api_key, "/v1/api-keys", {"tenant_id": tenant["id"], "name": "demo"})["key"]
            services = [created(http, key, "/v1/services", service)["id"] for service in SERVICES]
            for resource in RESOURCES:
                created(http, key, "/v1/resources", {**resource, "service_ids": services})
        except httpx.HTTPError as error:
            raise DevstackError(f"the demo tenant can't be made: {api_url} does not answer ({error})") from error
    return str(key)


def created(http: httpx.Client, api_key: str, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """What a POST made. Raises `DevstackError` with the API's own words for anything but `201`."""
    headers = {**bearer(api_key), "Idempotency-Key": str(uuid4())}
    response = http.post(path, json=dict(body), headers=headers)
    if response.status_code != httpx.codes.CREATED:
        raise DevstackError(f"POST {path} was answered with {response.status_code}: {response.text[:300]}")
    made: dict[str, Any] = response.json()
    return made


def bearer(api_key: str) -> dict[str, str]:
    """The header that carries an API key."""
    return {"Authorization": f"Bearer {api_key}"}
