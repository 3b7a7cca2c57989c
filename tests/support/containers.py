"""The same servers from official images (`TEST_INFRA=containers`), through testcontainers.

PostgreSQL, NATS and Valkey run in containers, each on the loopback port that the stack gave it. A
container is made once; stopping, killing and starting it again keeps its data and its port, as it
is with processes. The mail inbox and the fake Stripe stay processes.
"""

import signal
from pathlib import Path

from docker.errors import NotFound
from docker.models.containers import Container
from testcontainers.core.container import DockerContainer

from devstack.credentials import Credentials
from devstack.ports import LOOPBACK, Ports
from devstack.postgres import DATABASE, SUPERUSER, Postgres
from devstack.process import DevstackError, stop_all
from devstack.server import Server
from devstack.servers import NATS_CONFIGURATION, NATS_DIRECTORY, NATS_SUBSCRIBERS, Nats, Servers, Valkey

POSTGRES_IMAGE = "postgres:18"
NATS_IMAGE = "nats:2.15-alpine"
VALKEY_IMAGE = "valkey/valkey:9"

_NATS_DIRECTORY = "/etc/nats/tidebook"
_NOT_DURABLE = ("fsync=off", "full_page_writes=off")
"""Not safe against a crash of the machine; a killed server keeps what it acknowledged."""


class InContainer(Server):
    """A server of the devstack in a container in the place of its process; mixed in before its class."""

    _described: DockerContainer | None = None
    _made: Container | None = None

    def described(self) -> DockerContainer:
        """What to run: image, command, files. Ports are added by `launch`."""
        raise NotImplementedError

    def published(self) -> dict[int, int]:
        """Port in the container to port on loopback."""
        raise NotImplementedError

    @property
    def pid(self) -> int:
        """The process id of the server as this machine sees it. Raises `DevstackError` while it does not run."""
        if self._made is None or not self.running:
            raise DevstackError(f"{self.name} is not running")
        return int(self._made.attrs["State"]["Pid"])

    @property
    def running(self) -> bool:
        """Whether it exists and has not ended (a paused one runs)."""
        return self._status() in ("running", "paused", "restarting")

    @property
    def exit_status(self) -> str:
        """How it ended, for people."""
        if self._made is None:
            return "not started"
        return "running" if self.running else f"exit code {self._made.attrs['State']['ExitCode']}"

    def launch(self) -> None:
        """Make the container, or start it again, without waiting until it answers."""
        if self.running:
            return
        self.wanted = True
        if self._made is not None:
            self._made.start()
            return
        self._described = self.described()
        ports = {f"{inside}/tcp": (LOOPBACK, outside) for inside, outside in self.published().items()}
        # `with_bind_ports` knows no address: it would publish to the whole network.
        self._described.ports.update(ports)  # type: ignore[arg-type]
        self._described.start()
        self._made = self._described.get_wrapped_container()

    def send(self, number: signal.Signals) -> None:
        """Send a signal; stopping and continuing are the engine's pause and unpause."""
        status = self._status()
        if self._made is None or status not in ("running", "paused"):
            return
        if number in (signal.SIGSTOP, signal.SIGCONT):
            if number == signal.SIGSTOP and status == "running":
                self._made.pause()
            elif number == signal.SIGCONT and status == "paused":
                self._made.unpause()
        else:
            self._made.kill(signal=number.name)

    def ask_to_stop(self) -> None:
        """Send the signal that this server ends in order on; the engine delivers none to a paused one."""
        self.wanted = False
        self.send(signal.SIGCONT)
        self.send(self.stop_signal)

    def kill(self) -> None:
        """End it at once; it stays down until `start`."""
        self.wanted = False
        self.send(signal.SIGCONT)
        self.send(signal.SIGKILL)
        if self._made is not None:
            self._made.wait()

    def said(self, lines: int = 3) -> str:
        """The last lines it wrote."""
        return self._made.logs(tail=lines).decode(errors="replace").strip() if self._made is not None else ""

    def remove_data(self) -> None:
        """Remove the container with all it stored."""
        if self._described is not None:
            self._described.stop()
        self._described = self._made = None

    def _status(self) -> str:
        if self._made is None:
            return "absent"
        try:
            self._made.reload()
        except NotFound:
            return "absent"
        return str(self._made.status)


class PostgresContainer(InContainer, Postgres):
    """PostgreSQL's official image, with the same superuser and database."""

    ready_within_seconds = 90.0

    def __init__(self, directory: Path, port: int, password: str, *, durable: bool) -> None:
        """As the process; `durable=False` trades safety against a crash for speed."""
        super().__init__(directory, port, password, durable=durable)
        self._durable = durable

    def described(self) -> DockerContainer:
        """With the superuser's password; it listens to TCP only once its data is complete."""
        settings = ["max_connections=200", "shared_buffers=128MB", "timezone=UTC"]
        settings += [] if self._durable else _NOT_DURABLE
        command = ["postgres", *(part for setting in settings for part in ("-c", setting))]
        container = DockerContainer(POSTGRES_IMAGE).with_command(command)
        return container.with_envs(
            POSTGRES_USER=SUPERUSER, POSTGRES_PASSWORD=self.password, POSTGRES_DB=DATABASE
        ).with_kwargs(shm_size="256m")

    def published(self) -> dict[int, int]:
        """PostgreSQL's own port."""
        return {5432: self.port}


class NatsContainer(InContainer, Nats):
    """NATS's official image with the configuration that ships in `deploy/nats`."""

    def described(self) -> DockerContainer:
        """The configuration is copied in, so that the engine need not see this checkout."""
        config = f"{_NATS_DIRECTORY}/{NATS_CONFIGURATION[0]}"
        container = DockerContainer(NATS_IMAGE).with_command(["--config", config, "--http_port", "8222"])
        for name in (*NATS_CONFIGURATION, NATS_SUBSCRIBERS):
            container.with_copy_into_container((NATS_DIRECTORY / name).read_bytes(), f"{_NATS_DIRECTORY}/{name}")
        return container.with_envs(**self.environment | {"NATS_STORE_DIR": "/data"})

    def published(self) -> dict[int, int]:
        """Clients' port and the monitor's."""
        return {4222: self.port, 8222: self.monitor_port}


class ValkeyContainer(InContainer, Valkey):
    """Valkey's official image, in memory only."""

    def described(self) -> DockerContainer:
        """Nothing is written to disk."""
        command = ["valkey-server", "--save", "", "--appendonly", "no", "--requirepass", self.password]
        return DockerContainer(VALKEY_IMAGE).with_command(command)

    def published(self) -> dict[int, int]:
        """Valkey's own port."""
        return {6379: self.port}


class ContainerServers(Servers):
    """All servers of one stack, those that have official images in containers."""

    def __init__(self, directory: Path, ports: Ports, credentials: Credentials, *, durable: bool = True) -> None:
        """As `Servers`, on the same ports."""
        super().__init__(directory, ports, credentials, durable=durable)
        password = credentials.postgres_password
        self.postgres: Postgres = PostgresContainer(self.directory, ports.postgres, password, durable=durable)
        self.nats: Nats = NatsContainer(self.directory, ports.nats, ports.nats_monitor, credentials=credentials)
        self.valkey: Valkey = ValkeyContainer(self.directory, ports.valkey, credentials.valkey_password)

    def remove_data(self) -> None:
        """End all and remove the containers with everything they stored."""
        stop_all(self.all, 0)
        for server in self.all:
            if isinstance(server, InContainer):
                server.remove_data()
        super().remove_data()


def container_servers() -> Servers:
    """Throw-away servers, PostgreSQL, NATS and Valkey of them in containers, on free ports."""
    return ContainerServers.throwaway()
