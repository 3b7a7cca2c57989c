"""A process that NATS denies something is unready, says what, and neither hangs nor runs hot."""

import asyncio
import shutil
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from devstack.credentials import Credentials
from devstack.ports import free_ports
from devstack.servers import NATS_DIRECTORY, Nats, temporary_directory
from tests.shared.runtime.test_service import BookingProcess, Start, start
from tests.support.eventually import eventually

__all__ = ["start"]

UNREADY_SECONDS = 10


class Governed:
    """A NATS server whose permissions a test changes while it runs."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        for name in ("nats-server.conf", "permissions.conf", "subscribers.conf"):
            shutil.copy(NATS_DIRECTORY / name, directory)
        self._permissions = directory / "permissions.conf"
        self._shipped = self._permissions.read_text()
        self.server = Nats(directory, *free_ports(2), config=directory / "nats-server.conf")

    def govern(self, change: Callable[[str], str]) -> None:
        """Put changed permissions into force, without a restart."""
        changed = change(self._shipped)
        self._permissions.write_text(changed)
        self.server.send(signal.SIGHUP)


@pytest.fixture
async def governed() -> AsyncIterator[Governed]:
    directory = temporary_directory()
    governed = Governed(directory)
    await asyncio.to_thread(governed.server.start)
    await asyncio.to_thread(governed.server.deploy_topology)
    yield governed
    await asyncio.to_thread(governed.server.kill)
    shutil.rmtree(directory)


def without(line: str) -> Callable[[str], str]:
    """The permissions without one line."""

    def change(shipped: str) -> str:
        assert shipped.count(f'"{line}"\n') == 1
        return shipped.replace(f'"{line}"\n', "\n")

    return change


async def says(process: BookingProcess, text: str) -> None:
    """The process is unready soon, and says why."""

    async def look() -> bool:
        answer = await process.get("/readyz")
        assert answer is not None
        return answer.status_code == 503 and text in answer.json()["checks"]["nats"]

    await eventually(look, within=UNREADY_SECONDS)


async def test_a_replaced_key_makes_it_unready_and_ends_it(database_url: str, governed: Governed, start: Start) -> None:
    process = start(database_url, governed.server)
    await process.readiness(200)
    another = Credentials().nats_public_keys()["NATS_BOOKING_NKEY"]
    governed.govern(lambda shipped: shipped.replace("$NATS_BOOKING_NKEY", another))
    await says(process, "NATS refuses this user: does NATS_NKEY_SEED belong to a public key that the server knows?")
    assert await process.ended(within=25) == "exit code 1"
    said = process.child.said(1000)
    assert "nats_denied_for_good" in said
    assert said.count("nats_denied ") <= 10, "no more than a line every few seconds"
    again = start(database_url, governed.server)
    await says(again, "NATS refuses this user")
    governed.govern(lambda shipped: shipped)
    await again.readiness(200, within=10)


async def test_a_denied_subscription_makes_it_unready_and_ends_it(
    database_url: str, governed: Governed, start: Start
) -> None:
    process = start(database_url, governed.server)
    await process.readiness(200)
    governed.govern(without("rpc.booking.get_booking.v1.* booking"))
    await says(process, "NATS denies this user to subscribe to rpc.booking.get_booking")
    metrics = await process.get("/metrics")
    assert metrics is not None
    assert 'nats_denials_total{what="subscribe"} 1.0' in metrics.text
    assert await process.ended(within=25) == "exit code 1"


async def test_a_denied_publish_makes_it_unready_as_long_as_it_lasts(
    database_url: str, governed: Governed, start: Start
) -> None:
    process = start(database_url, governed.server)
    await process.readiness(200)
    governed.govern(without("$KV.heartbeats.booking.*"))
    await says(process, "NATS denies this user to publish to $kv.heartbeats.booking.")
    governed.govern(lambda shipped: shipped)
    await process.readiness(200, within=30)
    assert process.child.running
