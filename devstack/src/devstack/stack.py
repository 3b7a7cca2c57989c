"""All of Tidebook on one machine: the servers, the migrated database, and every service as a process.

    with Stack.throwaway(replicas={"booking": 2}) as stack:
        stack.api_url, stack.credentials.operator_api_key, stack.servers.inbox.url
        stack.kill("booking-1")                 # a crash: it is started again by itself
        stack.processes["billing-1"].stop()     # in order; stays down until .start()
        stack.servers.nats.restart()

Methods block; from a coroutine call them with `asyncio.to_thread`, or use `async with`.
"""

import asyncio
import signal
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from devstack.credentials import DATABASES, Credentials
from devstack.ports import LOOPBACK, Ports, free_ports
from devstack.process import DevstackError, run_as, stop_all
from devstack.server import Server, answers_http
from devstack.servers import REPOSITORY, Servers, temporary_directory
from devstack.stripe_account import StripeAccount
from devstack.supervisor import Supervisor

SERVICES_STOP_SECONDS = 6.0
"""What services have to end in order; with `STOP_SECONDS` of the servers within the 10 s of Ctrl-C."""


@dataclass(frozen=True, slots=True)
class Service:
    """A kind of process: what runs, and which settings it is given beside the common ones."""

    name: str
    command: tuple[str, ...]
    settings: tuple[str, ...]


_COMMON = ("ENVIRONMENT", "LOG_FORMAT", "HOST")
_GATEWAY = (
    "GATEWAY_DATABASE_URL",
    "GATEWAY_SYSTEM_DATABASE_URL",
    "REDIS_URL",
    "OPERATOR_API_KEY",
    "STRIPE_WEBHOOK_SECRET",
    "RATE_LIMIT_PER_MINUTE",
    "METRICS_ENABLED",
    "JOB_HEARTBEAT_REQUIRED",
    "JOB_HEARTBEAT_TTL_SECONDS",
    "SHUTDOWN_DELAY_SECONDS",
)
_BILLING = ("BILLING_DATABASE_URL", "BILLING_SYSTEM_DATABASE_URL", "STRIPE_API_KEY", "STRIPE_API_BASE")
_NOTIFIER = (
    "NOTIFIER_DATABASE_URL",
    "NOTIFIER_SYSTEM_DATABASE_URL",
    "MAIL_ADAPTER",
    "MAIL_FROM",
    "SMTP_HOST",
    "SMTP_PORT",
    "SMTP_STARTTLS",
    "PAYMENT_PAGE_URL",
)

SERVICES = {
    service.name: service
    for service in (
        Service("gateway", ("-m", "gateway"), _GATEWAY),
        Service("booking", ("-m", "booking"), ("BOOKING_DATABASE_URL", "BOOKING_SYSTEM_DATABASE_URL")),
        Service("billing", ("-m", "billing"), _BILLING),
        Service("notifier", ("-m", "notifier"), _NOTIFIER),
        Service("jobs", ("-m", "notifier.jobs", "--interval", "5"), _NOTIFIER),
    )
}


class ServiceProcess(Server):
    """One replica of a service, ready when its `/readyz` says so."""

    ready_within_seconds = 90.0  # 3 to 6 s on a quiet machine of two cores, all of them at once

    def __init__(self, name: str, service: Service, port: int, directory: Path, settings: Mapping[str, str]) -> None:
        """`settings` is its whole environment but for what every child inherits, and `PORT`."""
        super().__init__(name, [sys.executable, *service.command], port, directory=directory)
        self.title = name
        self.cwd = REPOSITORY
        self.environment = {**settings, "PORT": str(port)}

    @property
    def url(self) -> str:
        """Its own HTTP address: the API for a gateway, health and metrics for the others."""
        return f"http://{self.address}"

    def answers(self) -> bool:
        """Whether it says that it can do its job."""
        return answers_http(self.port, "/readyz")


class Stack:
    """Servers and services on one directory."""

    def __init__(
        self,
        directory: Path,
        ports: Ports,
        credentials: Credentials,
        *,
        durable: bool = True,
        replicas: Mapping[str, int] | None = None,
        settings: Mapping[str, str] | None = None,
        commands: Mapping[str, tuple[str, ...]] | None = None,
        report: Callable[[str], None] = lambda _: None,
        servers: Servers | None = None,
        stripe: StripeAccount | None = None,
    ) -> None:
        """`replicas` above one get free ports (0: not started); `settings` override those of every service.

        `commands` are the interpreter's arguments for a service that is to run in another way than `SERVICES` says.
        `servers` are others than the embedded ones, on the same directory and ports. `stripe` takes the place of the
        fake one, which runs on and is asked nothing.
        """
        self.directory = directory.absolute()
        self.ports = ports
        self.credentials = credentials
        self.servers = servers or Servers(self.directory, ports, credentials, durable=durable)
        self.processes: dict[str, ServiceProcess] = {}
        """Every replica by name: `gateway-1`, `booking-1`, `booking-2`, …"""
        self._overrides = dict(settings or {})
        self.stripe = stripe
        self._commands = dict(commands or {})
        self._supervisor = Supervisor(report)
        self._temporary = False
        wanted = {**dict.fromkeys(SERVICES, 1), **(replicas or {})}
        for name in SERVICES:
            for number in range(wanted[name]):
                self._add(name, getattr(ports, name) if number == 0 else free_ports(1)[0], {})

    @classmethod
    def throwaway(
        cls,
        *,
        durable: bool = False,
        replicas: Mapping[str, int] | None = None,
        settings: Mapping[str, str] | None = None,
        commands: Mapping[str, tuple[str, ...]] | None = None,
        report: Callable[[str], None] = lambda _: None,
    ) -> Self:
        """On free ports, with data that is removed when it is closed."""
        directory = temporary_directory()
        stack = cls(
            directory,
            Ports.free(),
            Credentials(),
            durable=durable,
            replicas=replicas,
            settings=settings,
            commands=commands,
            report=report,
        )
        stack._temporary = True
        return stack

    @property
    def api_url(self) -> str:
        """Where the first gateway serves the API."""
        return f"http://{LOOPBACK}:{self.ports.gateway}"

    def database_url(self, service: str) -> str:
        """The database as this service sees it: with its application role."""
        return self.servers.postgres.url_for(service, getattr(self.credentials, f"{service}_password"))

    def system_database_url(self, service: str) -> str:
        """The database as this service sees it when it works for every tenant."""
        return self.servers.postgres.url_for(f"{service}_system", self.credentials.system_passwords[service])

    def settings(self) -> dict[str, str]:
        """Every setting that services may share, by the name of its environment variable."""
        servers, keys = self.servers, self.credentials
        return {
            "ENVIRONMENT": "development",
            "LOG_FORMAT": "console",
            "HOST": LOOPBACK,
            "REDIS_URL": servers.valkey.url,
            **self._databases(),
            "OPERATOR_API_KEY": keys.operator_api_key,
            "RATE_LIMIT_PER_MINUTE": "100000",
            "METRICS_ENABLED": "true",
            "JOB_HEARTBEAT_REQUIRED": "true",
            "JOB_HEARTBEAT_TTL_SECONDS": "60",
            "SHUTDOWN_DELAY_SECONDS": "0",  # no load balancer in front
            "STRIPE_API_KEY": keys.stripe_api_key,
            "STRIPE_API_BASE": servers.stripe.url,
            "STRIPE_WEBHOOK_SECRET": keys.stripe_webhook_secret,
            "MAIL_ADAPTER": "smtp",
            "MAIL_FROM": "bookings@tidebook.example",
            "SMTP_HOST": servers.inbox.smtp_host,
            "SMTP_PORT": str(servers.inbox.smtp_port),
            "SMTP_STARTTLS": "false",
            "PAYMENT_PAGE_URL": f"{servers.stripe.url}/pay/booking/{{booking_id}}",
            **(self.stripe.settings() if self.stripe else {}),
        }

    def _databases(self) -> dict[str, str]:
        urls = {f"{name.upper()}_DATABASE_URL": self.database_url(name) for name in DATABASES}
        return urls | {f"{name.upper()}_SYSTEM_DATABASE_URL": self.system_database_url(name) for name in DATABASES}

    def environment(self, service: str) -> dict[str, str]:
        """The settings that a process of this kind is given, as its environment."""
        every = self.settings()
        given = {name: every[name] for name in (*_COMMON, *SERVICES[service].settings)}
        return {**given, **self.servers.nats.settings(service), **self._overrides}

    def migrate(self) -> None:
        """Bring every schema to the newest migration. Raises `DevstackError` with what went wrong."""
        done = run_as(
            None,
            [sys.executable, "-m", "migrations", "upgrade"],
            environment={
                "ADMIN_DATABASE_URL": self.servers.postgres.url,
                "READER_DATABASE_PASSWORD": self.credentials.reader_password,
                **self._databases(),
            },
            cwd=REPOSITORY,
        )
        log = self.directory / "logs" / "migrations.log"
        log.write_text(done.stdout + done.stderr)
        if done.returncode:
            last = (done.stderr.strip() or done.stdout.strip() or "no word").splitlines()[-1]
            raise DevstackError(f"the migrations failed: {last} (log: {log})")

    def deploy(self) -> None:
        """Migrate the schemas and bring about streams and consumers, both at once. Raises `DevstackError`."""
        with ThreadPoolExecutor(max_workers=1) as executor:
            topology = executor.submit(self.servers.nats.deploy_topology)
            self.migrate()
            topology.result()

    def add(self, service: str, **settings: str) -> ServiceProcess:
        """One more replica on a free port, with `settings` of its own; it is ready on return."""
        process = self._add(service, free_ports(1)[0], settings)
        process.start()
        self._supervisor.watch(process)
        return process

    def _add(self, service: str, port: int, settings: Mapping[str, str]) -> ServiceProcess:
        kind = SERVICES[service]
        kind = replace(kind, command=self._commands.get(service, kind.command))
        number = sum(name.rpartition("-")[0] == service for name in self.processes) + 1
        name = f"{service}-{number}"
        process = ServiceProcess(name, kind, port, self.directory, {**self.environment(service), **settings})
        self.processes[name] = process
        return process

    def kill(self, name: str) -> None:
        """`kill -9` a replica, as a crash: the supervisor starts it again. See also `wait_ready`."""
        self.processes[name].send(signal.SIGKILL)

    def freeze(self, name: str) -> None:
        """Stop a replica in its tracks; it keeps its connections and says nothing."""
        self.processes[name].freeze()

    def thaw(self, name: str) -> None:
        """Let a frozen replica go on."""
        self.processes[name].thaw()

    def wait_ready(self, *names: str, within_seconds: float = 30) -> None:
        """Wait until these replicas (default: all) are ready, restarts in between allowed. Raises `DevstackError`."""
        deadline = time.monotonic() + within_seconds
        for process in [self.processes[name] for name in names or self.processes]:
            while not process.answers():
                if time.monotonic() > deadline:
                    raise DevstackError(f"{process.name} is not ready after {within_seconds:g} s: {process.said(1)}")
                time.sleep(0.05)

    def start_services(self, on_ready: Callable[[Server], None] = lambda _: None) -> None:
        """Start every replica at once and keep them all alive. Raises `DevstackError` if one doesn't get ready."""
        for process in self.processes.values():
            process.launch()
        # The gateway is ready when the others are heard of; the others are told first.
        for process in sorted(self.processes.values(), key=lambda process: process.name.startswith("gateway")):
            process.wait_ready()
            on_ready(process)
        for process in self.processes.values():
            self._supervisor.watch(process)
        self._supervisor.start()

    def watch_servers(self) -> None:
        """Keep the servers alive as well (`make run`); tests take them down as they please."""
        for server in self.servers.all:
            self._supervisor.watch(server)

    def start(self) -> None:
        """Start servers, deploy, start services. Raises `DevstackError`."""
        self.servers.start()
        self.deploy()
        self.start_services()

    def stop(self) -> None:
        """Stop services, then servers, each in order and at the latest killed; within 10 s."""
        self._supervisor.stop()
        stop_all(self.processes.values(), SERVICES_STOP_SECONDS)
        self.servers.stop()

    def kill_everything(self) -> None:
        """End every process at once."""
        stop_all([*self.processes.values(), *self.servers.all], 0)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        if self._temporary:
            self.servers.remove_data()

    async def __aenter__(self) -> Self:
        return await asyncio.to_thread(self.__enter__)

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self.__exit__)
