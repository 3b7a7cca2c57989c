"""`python -m devstack run`, what `make run` calls: everything, from nothing, until Ctrl-C."""

import fcntl
import os
import shlex
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

from devstack.console import Console, duration
from devstack.credentials import Credentials
from devstack.ports import Ports
from devstack.postgres import Postgres
from devstack.process import DevstackError, end_stale
from devstack.seed import demo_tenant
from devstack.server import Server
from devstack.stack import Stack
from devstack.stripe_account import StripeAccount
from shared.local_stack import DEFAULT_PORT_BASE, HIGHEST_PORT_BASE
from shared.local_stack import data_directory as chosen_directory
from shared.local_stack import port_base as chosen_port_base

_PORT_OWNERS = {
    "gateway": "the API",
    "postgres": "PostgreSQL",
    "nats": "NATS",
    "nats_monitor": "NATS's monitor",
    "valkey": "Valkey",
    "smtp": "the SMTP sink",
    "inbox": "the mail inbox",
    "stripe": "the fake Stripe",
}
_PORTS_SHOWN = 3
_WIDTH = 16


def data_directory() -> Path:
    """Where everything of `make run` lives (`shared.local_stack`). Raises `DevstackError`."""
    try:
        return chosen_directory()
    except ValueError as error:
        raise DevstackError(str(error)) from error


def run() -> int:
    """Start everything, say what to try, keep it alive until Ctrl-C. Returns the exit code."""
    console = Console()
    began = time.monotonic()
    try:
        directory = data_directory()
        base = _port_base()
        with _alone_in(directory), _interrupts() as interrupts:
            _end_left_overs(directory)
            ports = Ports.from_base(base)
            _refuse_taken(ports, base)
            credentials = Credentials.kept_in(directory / "secrets.json")
            account = StripeAccount.of(os.environ)
            stack = Stack(directory, ports, credentials, report=console.note, stripe=account)
            if account:
                console.note(f"Stripe is {account.api_base}, in test mode: `make demo` needs the fake one")
            interrupts.stack = stack
            return _run(stack, console, began)
    except (DevstackError, OSError) as error:
        print(f"devstack: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:  # before there was anything to stop
        return 0


def _run(stack: Stack, console: Console, began: float) -> int:
    dev_env = stack.directory / "dev.env"
    dev_env.unlink(missing_ok=True)  # it says that a stack is ready
    console.title("Tidebook", f"data and logs in {shown(stack.directory)}")
    try:
        _bring_up(stack, console, began)
        _write_dev_env(stack, dev_env)
        stack.watch_servers()
        _banner(stack, console, time.monotonic() - began)
        Event().wait()
    except KeyboardInterrupt:
        console.line()
        console.line("  Stopping. Ctrl-C again ends everything at once.")
        return 0
    finally:
        stopping = time.monotonic()
        dev_env.unlink(missing_ok=True)
        stack.stop()
        console.done("stopped", seconds=time.monotonic() - stopping, width=_WIDTH)
    return 0


def _bring_up(stack: Stack, console: Console, began: float) -> None:
    def ready(server: Server) -> None:
        console.done(server.title, server.address, time.monotonic() - began, _WIDTH)

    stack.servers.start(ready)
    stack.deploy()
    console.done("deployed", "schemas, streams and consumers", time.monotonic() - began, _WIDTH)
    stack.start_services(ready)
    keys = stack.credentials
    api_key = demo_tenant(stack.api_url, keys.operator_api_key, keys.demo_api_key)
    if api_key != keys.demo_api_key:
        keys.demo_api_key = api_key
        keys.keep(stack.directory / "secrets.json")
    console.done("demo tenant", "Sparkle Cleaning", time.monotonic() - began, _WIDTH)


def _write_dev_env(stack: Stack, path: Path) -> None:
    """What programs and shells beside the stack need to know, one variable a line."""
    keys, servers = stack.credentials, stack.servers
    variables = {
        "API_URL": stack.api_url,
        "API_KEY": keys.demo_api_key,
        "OPERATOR_API_KEY": keys.operator_api_key,
        "STRIPE_WEBHOOK_SECRET": stack.stripe.webhook_secret if stack.stripe else keys.stripe_webhook_secret,
        "NATS_URL": servers.nats.url,
        "NATS_MONITOR_URL": servers.nats.monitor_url,
        "NATS_SUBSCRIBERS_FILE": str(servers.nats.subscribers),
        "DATABASE_URL": servers.postgres.url,
        "REDIS_URL": servers.valkey.url,
        "SMTP_INBOX_URL": servers.inbox.url,
        "SMTP_HOST": servers.inbox.smtp_host,
        "SMTP_PORT": str(servers.inbox.smtp_port),
        # `make demo` pays at the fake one, and says that it does not where this names none.
        "STRIPE_API_BASE": "" if stack.stripe else servers.stripe.url,
    }
    new = path.with_suffix(".env.new")
    new.touch(mode=0o600)
    new.write_text("".join(f"{name}={value}\n" for name, value in variables.items()))
    new.replace(path)


def _banner(stack: Stack, console: Console, seconds: float) -> None:
    key = stack.credentials.demo_api_key
    rows = (
        ("API", stack.api_url, "/docs to read, /status for how it is"),
        ("Mail inbox", stack.servers.inbox.url, "every mail that is sent"),
        ("Stripe", stack.stripe.api_base, "in test mode")
        if stack.stripe
        else ("Fake Stripe", stack.servers.stripe.url, "pay with a test card"),
        ("Demo API key", key, ""),
    )
    shell = f". {shown(stack.directory)}/dev.env"
    console.title("Ready", f"after {duration(seconds)}")
    for label, value, about in rows:
        console.line(f"  {label:<14}{console.paint('cyan', f'{value:<24}')}{console.paint('dim', about)}".rstrip())
    console.line()
    console.line("  Try, in a second shell:")
    console.line(f"    {console.paint('bold', f'{_leads_here()}make demo')}   plays a booking's story, a line a step")
    console.line(f'    {shell} && curl -H "Authorization: Bearer $API_KEY" $API_URL/v1/services')
    console.line()
    console.line("  Ctrl-C stops everything.")
    console.line()


class _Interrupts:
    """The first signal asks to stop, the next one ends everything at once."""

    def __init__(self) -> None:
        self.stack: Stack | None = None
        self._asked = False

    def __call__(self, *_: object) -> None:
        if not self._asked:
            self._asked = True
            raise KeyboardInterrupt
        if self.stack is not None:
            self.stack.kill_everything()
        os._exit(130)


@contextmanager
def _interrupts() -> Iterator[_Interrupts]:
    interrupts = _Interrupts()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupts)
    yield interrupts


@contextmanager
def _alone_in(directory: Path) -> Iterator[None]:
    """Hold the directory for this process. Raises `DevstackError` if another holds it."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        lock = (directory / "lock").open("a+")
    except OSError as error:
        raise DevstackError(f"{directory} can't be used: {error.strerror}") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.seek(0)
            holder = lock.read().strip() or "unknown"
            raise DevstackError(f"a stack is running in {directory} already (pid {holder})") from error
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


def _end_left_overs(directory: Path) -> None:
    """End what a devstack that was killed may have left running."""
    for pid_path in sorted((directory / "run").glob("*.pid")):
        end_stale(pid_path, pid_path.stem)


def _port_base() -> int:
    try:
        return chosen_port_base()
    except ValueError as error:
        raise DevstackError(str(error)) from error


def _refuse_taken(ports: Ports, base: int) -> None:
    taken = [f"{port} ({_PORT_OWNERS.get(name, name)})" for name, port in ports.taken().items()]
    if not taken:
        return
    shown = taken if len(taken) <= _PORTS_SHOWN else [*taken[:_PORTS_SHOWN], f"{len(taken) - _PORTS_SHOWN} more"]
    what = f"port {taken[0]} is" if len(taken) == 1 else f"ports {', '.join(shown[:-1])} and {shown[-1]} are"
    raise DevstackError(f"{what} taken by another program; TIDEBOOK_PORT_BASE={_another(base)} moves all ports")


def _another(base: int) -> int:
    return base + 1000 if base + 1000 <= HIGHEST_PORT_BASE else DEFAULT_PORT_BASE + 1000


def _leads_here() -> str:
    """What stands before a command in another shell, so that it finds this stack."""
    names = ("TIDEBOOK_DIR", "TIDEBOOK_PORT_BASE")
    return "".join(f"{name}={shlex.quote(os.environ[name])} " for name in names if os.environ.get(name))


def shown(path: Path) -> str:
    """A path as one would type it here."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def clean() -> int:
    """`python -m devstack clean`: remove the data of `make run`. Returns the exit code."""
    try:
        directory = data_directory()
        if not directory.exists():
            return 0
        with _alone_in(directory):
            _end_left_overs(directory)
            Postgres(directory, 0, "").remove_data()
            shutil.rmtree(directory)
    except (DevstackError, OSError) as error:
        print(f"devstack: {error}", file=sys.stderr)
        return 1
    return 0
