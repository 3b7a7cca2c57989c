"""One service as processes on the session's servers."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from devstack.ports import free_ports
from devstack.process import Child
from devstack.server import answers_http
from devstack.servers import Servers
from tests.support.databases import database_settings
from tests.support.eventually import allowed


class ServiceProcess(Child):
    """`python -m <service>` on a free port."""

    def __init__(self, service: str, environment: dict[str, str], directory: Path) -> None:
        self.port = free_ports(1)[0]
        super().__init__(
            f"{service}-{self.port}",
            [sys.executable, "-m", service],
            directory=directory,
            environment=environment | {"PORT": str(self.port)},
        )

    def start(self) -> None:
        """Start it and wait until it is ready."""
        self.launch()
        self.wait_until(lambda: answers_http(self.port, "/readyz"), allowed(30))


@pytest.fixture(scope="session")
def common_environment(servers: Servers) -> dict[str, str]:
    """What every service needs to run on the session's servers."""
    return {
        "PATH": os.environ["PATH"],
        "ENVIRONMENT": "development",
        "LOG_FORMAT": "console",
        "HOST": "127.0.0.1",
        "REDIS_URL": servers.valkey.url,
    }


@pytest.fixture(scope="session")
def booking_replicas(
    servers: Servers,
    database_urls: dict[str, str],
    common_environment: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[list[ServiceProcess]]:
    """Two replicas of booking-service."""
    environment = common_environment | servers.nats.settings("booking")
    environment |= database_settings("booking", database_urls["booking"])
    directory = tmp_path_factory.mktemp("booking")
    replicas = [ServiceProcess("booking", environment, directory) for _ in range(2)]
    for replica in replicas:
        replica.start()
    yield replicas
    for replica in replicas:
        replica.stop()
