"""The gateway as a process on the session's servers, and people who talk to it."""

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from devstack.servers import Servers
from tests.service.conftest import ServiceProcess
from tests.support.databases import database_settings

OPERATOR_KEY = "operator-key-of-the-tests"
STRIPE_SECRETS = ("whsec_the_new_one", "whsec_the_old_one")

Json = dict[str, Any]


def gateway_environment(servers: Servers, common: dict[str, str], url: str, **more: str) -> dict[str, str]:
    """What a gateway needs; `more` adds to it or overrides it."""
    return common | {
        **database_settings("gateway", url),
        "OPERATOR_API_KEY": OPERATOR_KEY,
        "STRIPE_WEBHOOK_SECRET": ",".join(STRIPE_SECRETS),
        "REDIS_URL": servers.valkey.url,
        "SHUTDOWN_DELAY_SECONDS": "0",
        **servers.nats.settings("gateway"),
        "RATE_LIMIT_PER_MINUTE": "100000",
        **more,
    }


@pytest.fixture(scope="session")
def gateway(
    servers: Servers,
    database_urls: dict[str, str],
    common_environment: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[ServiceProcess]:
    """One gateway."""
    environment = gateway_environment(servers, common_environment, database_urls["gateway"])
    process = ServiceProcess("gateway", environment, tmp_path_factory.mktemp("gateway"))
    process.start()
    yield process
    process.stop()


@pytest.fixture
async def http(gateway: ServiceProcess) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a key."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{gateway.port}", timeout=20) as client:
        yield client


@pytest.fixture
def operator(http: httpx.AsyncClient) -> Callable[..., Awaitable[httpx.Response]]:
    """Sends a request with the operator's key."""

    async def send(method: str, path: str, **more: Any) -> httpx.Response:
        return await http.request(method, path, headers={"Authorization": f"Bearer {OPERATOR_KEY}"}, **more)

    return send


@pytest.fixture
async def new_key(operator: Callable[..., Awaitable[httpx.Response]]) -> Callable[..., Awaitable[Json]]:
    """Makes a tenant, if none is given, and a key for it."""

    async def make(tenant_id: str | None = None, **more: Any) -> Json:
        if tenant_id is None:
            tenant = await operator("POST", "/v1/tenants", json={"name": "Clean & Co"})
            assert tenant.status_code == 201, tenant.text
            tenant_id = tenant.json()["id"]
        made = await operator("POST", "/v1/api-keys", json={"tenant_id": tenant_id, "name": "tests", **more})
        assert made.status_code == 201, made.text
        found: Json = made.json()
        return found

    return make


@pytest.fixture
async def api(gateway: ServiceProcess, new_key: Callable[..., Awaitable[Json]]) -> AsyncIterator[httpx.AsyncClient]:
    """A client with the key of a tenant of its own."""
    key = await new_key()
    async with client_for(gateway, key["key"]) as client:
        yield client


def client_for(gateway: ServiceProcess, key: str) -> httpx.AsyncClient:
    """A client with this key."""
    return httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{gateway.port}", timeout=40, headers={"Authorization": f"Bearer {key}"}
    )


async def sellable(api: httpx.AsyncClient, **service: Any) -> tuple[str, str]:
    """A service and a resource that is open around the clock: their ids."""
    body = {"name": "Cleaning", "duration_minutes": 60, "price": {"amount": 5000, "currency": "eur"}} | service
    made = await api.post("/v1/services", json=body)
    assert made.status_code == 201, made.text
    service_id = made.json()["id"]
    hours = [{"weekday": day, "opens": "00:00", "closes": "24:00"} for day in range(7)]
    resource = await api.post(
        "/v1/resources",
        json={"name": "Team", "time_zone": "Europe/Berlin", "weekly_hours": hours, "service_ids": [service_id]},
    )
    assert resource.status_code == 201, resource.text
    return service_id, resource.json()["id"]


def command(service_id: str, days: int = 3, hour: int = 10, **more: Any) -> Json:
    """The body of a booking."""
    starts_at = datetime.now(UTC).replace(hour=hour, minute=0, second=0, microsecond=0) + timedelta(days=days)
    return {
        "service_id": service_id,
        "starts_at": starts_at.isoformat(),
        "customer": {"name": "Ada Lovelace", "email": "ada@example.org"},
    } | more


def body_of(response: httpx.Response) -> Json:
    """The problem document; asserts that it is a complete one."""
    assert response.headers["content-type"] == "application/problem+json", response.text
    document: Json = response.json()
    assert {"type", "title", "status", "detail", "code", "request_id"} <= set(document)
    assert document["status"] == response.status_code
    assert document["request_id"] == response.headers["x-request-id"]
    return document


def remaining(response: httpx.Response) -> int:
    """What the answer says is left of the quota."""
    told = re.fullmatch(r'"tenant";r=([0-9]+);t=[0-9]+', response.headers["ratelimit"])
    assert told, response.headers
    return int(told[1])


def compact(value: Any) -> bytes:
    """JSON without blanks."""
    return json.dumps(value, separators=(",", ":")).encode()


def somewhere() -> str:
    """An id that nothing has."""
    return str(uuid4())


@pytest.fixture(scope="session")
def quota_gateway(
    gateway: ServiceProcess,
    servers: Servers,
    database_urls: dict[str, str],
    common_environment: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[[bool], ServiceProcess]]:
    """Gateways that allow five requests a minute: with a shared quota store, or each for itself."""
    running: dict[bool, ServiceProcess] = {}

    def get(shared: bool) -> ServiceProcess:
        if shared not in running:
            environment = gateway_environment(
                servers,
                common_environment,
                database_urls["gateway"],
                RATE_LIMIT_PER_MINUTE="5",
                REDIS_URL=servers.valkey.url if shared else "",
            )
            running[shared] = ServiceProcess("gateway", environment, tmp_path_factory.mktemp("quota"))
            running[shared].start()
        return running[shared]

    yield get
    for process in running.values():
        process.stop()
