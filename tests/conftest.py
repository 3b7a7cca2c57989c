"""Infrastructure for every suite: real servers, throw-away data, free ports.

`TEST_INFRA=containers` takes official images instead of the servers that come as wheels.
"""

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from devstack.servers import Servers
from shared.messaging.broker import Broker
from shared.persistence.database import Database
from tests.support.containers import container_servers
from tests.support.databases import database_settings, open_database

ROOT = Path(__file__).parent.parent
SERVICES = ("gateway", "booking", "billing", "notifier")
READER_PASSWORD = "reader-password"

# How long an example takes says more about the machine than about what is tested.
settings.register_profile("tidebook", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tidebook")


FIRST = ("system", "service", "load", "clients", "devstack", "shared", "privileges", "migrations")
"""The folders with files that take minutes: begun first, or one worker would be at them when the others have ended."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first; the order within a file stays."""
    rank = {name: place for place, name in enumerate(FIRST)}
    items.sort(key=lambda item: rank.get(item.path.relative_to(ROOT / "tests").parts[0], len(FIRST)))


def migrate(servers: Servers, *services: str, database: str = "tidebook") -> dict[str, str]:
    """Migrate services in one database; returns the URL of each service's application role."""
    urls = {s: servers.postgres.url_for(s, f"{s}-password").replace("/tidebook", f"/{database}") for s in services}
    environment = {**os.environ, "ADMIN_DATABASE_URL": servers.postgres.url}
    environment["READER_DATABASE_PASSWORD"] = READER_PASSWORD
    environment |= {name: url for s, url in urls.items() for name, url in database_settings(s, url).items()}
    command = [sys.executable, "-m", "migrations", "upgrade", *services]
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return urls


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """PostgreSQL, NATS, Valkey, an SMTP inbox and the fake Stripe, shared by the session."""
    chosen = container_servers() if os.environ.get("TEST_INFRA") == "containers" else Servers.throwaway()
    with chosen as running:
        running.nats.deploy_topology()
        yield running


@pytest.fixture(scope="session")
def database_urls(servers: Servers) -> dict[str, str]:
    """Migrated schemas of all services: service to URL."""
    return migrate(servers, *SERVICES)


@pytest.fixture
async def database(database_urls: dict[str, str]) -> AsyncIterator[Database]:
    """booking-service's database, as its application role."""
    database = open_database(database_urls["booking"], "booking")
    yield database
    await database.close()


@pytest.fixture
async def broker(servers: Servers) -> AsyncIterator[Broker]:
    """A NATS connection."""
    broker = Broker(servers.nats.url, "test")
    await broker.connect()
    yield broker
    await broker.close()
