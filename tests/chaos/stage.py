"""The stack under test: two replicas of each service, each behind its own links to the servers."""

import asyncio
import re
import subprocess
from pathlib import Path
from typing import Self

from devstack.credentials import Credentials
from devstack.ports import LOOPBACK, Ports
from devstack.servers import temporary_directory
from devstack.stack import SERVICES, Stack
from tests.chaos.proxy import Link

REPLICAS = 2
LINKED = ("postgres", "nats", "valkey")
"""The servers that services reach through a link."""
SETTINGS = {
    # Short, so that a run of minutes sees holds expire and dropped webhooks healed.
    "HOLD_MINUTES": "1",
    "RECONCILE_SECONDS": "10",
}
STORE_MIB = 768


class Stage:
    """A throw-away stack whose network and disk can be broken."""

    def __init__(self, replicas: int = REPLICAS) -> None:
        self.directory = temporary_directory()
        self.stack = Stack(
            self.directory,
            Ports.free(),
            Credentials(),
            replicas=dict.fromkeys(SERVICES, replicas),
            settings=SETTINGS,
        )
        self.links: dict[tuple[str, str], Link] = {}
        """By replica and server: `("booking-1", "nats")`."""
        self.store_is_small = False
        """Whether NATS's store lies on a small disk of its own, which can be filled."""

    @property
    def gateways(self) -> list[str]:
        """The addresses of all gateways."""
        return [process.url for name, process in self.stack.processes.items() if name.startswith("gateway")]

    @property
    def store(self) -> Path:
        """Where NATS keeps its data."""
        return self.stack.servers.nats.data_directory

    @property
    def permissions(self) -> Path:
        """What NATS reads of who may do what: this stack's own copy, from which rights can be taken while it runs."""
        return self.stack.servers.nats.config.with_name("permissions.conf")

    async def __aenter__(self) -> Self:
        self.store_is_small = _mount(self.store)
        for name, process in self.stack.processes.items():
            for server in LINKED:
                await self._link(name, server, process.environment)
        try:
            await asyncio.to_thread(self.stack.start)
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def _link(self, replica: str, server: str, environment: dict[str, str]) -> None:
        """Lead a replica to a server through a link, if it uses that server at all."""
        port: int = getattr(self.stack.servers, server).port
        address = f"{LOOPBACK}:{port}"
        if not any(address in value for value in environment.values()):
            return
        link = self.links[replica, server] = Link(port)
        through = f"{LOOPBACK}:{await link.listen()}"
        for setting, value in environment.items():
            environment[setting] = value.replace(address, through)

    async def __aexit__(self, *_: object) -> None:
        for link in self.links.values():
            link.heal()
        await asyncio.to_thread(self.stack.stop)
        for link in self.links.values():
            await link.close()

    def remove_data(self) -> None:
        """Remove all that the stopped stack has stored."""
        if self.store_is_small:
            subprocess.run(["umount", self.store], check=False)
        self.stack.servers.remove_data()

    def keep_data(self) -> Path:
        """Leave what the stopped stack has stored where it is, to be looked at; returns the place."""
        if self.store_is_small:
            aside = self.store.with_name("nats.kept")
            subprocess.run(["cp", "-a", self.store, aside], check=False)
            subprocess.run(["umount", self.store], check=False)
        return self.directory


def without_rights(permissions: str, user: str) -> str:
    """NATS's permissions when a service's user may not publish its own events any more."""
    own = re.compile(rf'\n *"{user}\.[^"]*"')
    begin = permissions.index(f"{{ # {user}\n")
    end = permissions.find("{ # ", begin + 1)
    block = permissions[begin:end] if end > 0 else permissions[begin:]
    return permissions.replace(block, own.sub("", block))


def _mount(directory: Path) -> bool:
    """Give a directory a small disk in memory, where that is allowed."""
    directory.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={STORE_MIB}m,mode=0755", "tidebook-chaos", str(directory)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
