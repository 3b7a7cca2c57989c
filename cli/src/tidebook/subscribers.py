"""`tidebook subscribers`: programs of other people's that hear a business' events and ask its questions over NATS."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from secrets import token_bytes
from typing import Annotated, Any
from uuid import UUID

import nkeys
import typer
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.errors import Error as JetStreamError
from nats.js.errors import NotFoundError

from shared.messaging.topology import Topology, TopologyDrift, apply_topology
from tidebook.environment import CommandFailed, Environment
from tidebook.nats_connection import connect, with_user
from tidebook.output import AsJson, print_json
from tidebook.subscriber_accounts import API_DOMAIN, NAME, Subscriber, UnknownEvents, alone_with, matching, read, write

app = typer.Typer(no_args_is_help=True, help="Programs from outside that listen and ask over NATS: list, add, remove.")

_FILE = "NATS_SUBSCRIBERS_FILE"
_PATIENCE_SECONDS = 5
_RELOADS = 2
"""A server that is told of a new account resolves what it imports when it reads its configuration once more."""

_Name = Annotated[str, typer.Argument(help="Lower-case letters, digits and hyphens, up to 32.")]


@app.command()
def add(
    name: _Name,
    tenant: Annotated[UUID, typer.Option(help="The business, as `tidebook tenants list` shows it.")],
    events: Annotated[str, typer.Option(help="What it hears: booking.confirmed,billing.> or > for all.")],
    new_key: Annotated[bool, typer.Option("--new-key", help="For one that is there: its old key ends.")] = False,
    as_json: AsJson = False,
) -> None:
    """Let a program listen and ask. Its key is printed this once. Again for the same name: what it hears changes."""
    if not NAME.fullmatch(name):
        raise typer.BadParameter(f"{name}: lower-case letters, digits and hyphens, 2 to 32, a letter first")
    try:
        wanted = matching([part.strip() for part in events.split(",") if part.strip()])
    except UnknownEvents as error:
        raise typer.BadParameter(f"--events {error}") from None
    if not wanted:
        raise typer.BadParameter("--events is empty")
    environment = Environment.read()
    with _alone(environment) as file:
        known = _read(file)
        before, seed = known.get(name), ""
        if before and before.tenant_id != str(tenant):
            raise CommandFailed(f"{name} is there, for tenant {before.tenant_id}: remove it first")
        if before is None or new_key:
            seed = nkeys.encode_seed(token_bytes(32), nkeys.PREFIX_BYTE_USER).decode()
        public_key = _public(seed) if seed or before is None else before.public_key
        subscriber = Subscriber(name, str(tenant), wanted, public_key)
        asyncio.run(_bring_about(environment, file, known, subscriber, seed))
    if as_json:
        print_json(_document(subscriber) | {"seed": seed or None, "nats": with_user(environment.need("NATS_URL"), "")})
        return
    _tell(subscriber)
    if seed:
        typer.echo("keep the key, it is not shown again:", err=True)
        typer.echo(seed)
    else:
        typer.echo("it was there, and keeps its key: --new-key makes another", err=True)


@app.command("list")
def list_subscribers(as_json: AsJson = False) -> None:
    """Subscribers: name, business, what waits for each and what it has in hand, events."""
    environment = Environment.read()
    known = _read(Path(environment.need(_FILE)))
    found = asyncio.run(_behind(environment, list(known.values())))
    if as_json:
        print_json({"subscribers": found})
        return
    for one in found:
        consumers = " ".join(f"{c['stream']}:{c['waiting']}+{c['in_hand']}" for c in one["consumers"])
        typer.echo(f"{one['name']:<16}  {one['tenant_id']}  {consumers}  {','.join(one['events'])}")
    if not found:
        typer.echo("no subscribers: `tidebook subscribers add NAME` makes one", err=True)


@app.command()
def remove(name: _Name) -> None:
    """End a subscriber: its key opens nothing any more, its connections are closed, its consumers deleted."""
    environment = Environment.read()
    with _alone(environment) as file:
        known = _read(file)
        if (gone := known.get(name)) is None:
            raise CommandFailed(f"there is no subscriber {name}")
        asyncio.run(_take_away(environment, file, known, gone))
    typer.echo(f"{name}: removed")


async def _bring_about(
    environment: Environment, file: Path, known: dict[str, Subscriber], wanted: Subscriber, seed: str
) -> None:
    """Consumers first, then the account: whoever can connect finds what it is for. A failure leaves all as it was."""
    before = known.get(wanted.name)
    async with _deployer(environment) as js:
        try:
            await apply_topology(js, Topology([], wanted.consumers()), update=True)
            await _put(environment, file, known | {wanted.name: wanted})
            if seed:
                await _prove(environment, wanted, seed)
        except BaseException:  # a person who stops it too
            await _take_back(environment, js, file, known, wanted)
            raise
        if before:
            await _delete_consumers(js, before, set(before.streams) - set(wanted.streams))


async def _take_back(
    environment: Environment, js: JetStreamContext, file: Path, known: dict[str, Subscriber], failed: Subscriber
) -> None:
    """Leave things as they were, as far as that goes; what was wrong in the first place is told, not this."""
    before = known.get(failed.name)
    with suppress(CommandFailed, NatsError, JetStreamError, TimeoutError):
        await _put(environment, file, known)
    with suppress(NatsError, JetStreamError, TimeoutError):
        await _delete_consumers(js, failed, set(failed.streams) - set(before.streams if before else ()))
        if before:
            await apply_topology(js, Topology([], before.consumers()), update=True)


async def _take_away(environment: Environment, file: Path, known: dict[str, Subscriber], gone: Subscriber) -> None:
    async with _deployer(environment) as js:
        try:
            await _put(environment, file, {name: one for name, one in known.items() if name != gone.name})
        except BaseException:
            with suppress(CommandFailed, NatsError, TimeoutError):
                await _put(environment, file, known)
            raise
        await _delete_consumers(js, gone, set(gone.streams))


async def _delete_consumers(js: JetStreamContext, subscriber: Subscriber, streams: set[str]) -> None:
    for stream in sorted(streams):
        try:
            await js.delete_consumer(stream, subscriber.durable)
        except NotFoundError:
            continue


async def _behind(environment: Environment, subscribers: list[Subscriber]) -> list[dict[str, Any]]:
    """Each subscriber, with what waits for it on its streams; a consumer that is gone has nothing."""
    found = []
    async with _deployer(environment) as js:
        for subscriber in subscribers:
            consumers = []
            for stream in subscriber.streams:
                try:
                    info = await js.consumer_info(stream, subscriber.durable)
                except NotFoundError:
                    continue
                consumers.append({"stream": stream, "waiting": info.num_pending, "in_hand": info.num_ack_pending})
            found.append(_document(subscriber) | {"consumers": consumers})
    return found


async def _put(environment: Environment, file: Path, subscribers: dict[str, Subscriber]) -> None:
    """Write the file and have NATS read it. Raises `CommandFailed`."""
    try:
        write(file, subscribers.values())
    except OSError as error:
        raise CommandFailed(f"{file} can't be written: {error.strerror}") from error
    await _reload(environment)


async def _reload(environment: Environment) -> None:
    client = await _connect(with_user(environment.need("NATS_URL"), "deploy-system"))
    try:
        server = client._server_info["server_id"]
        for _ in range(_RELOADS):
            answer = await client.request(f"$SYS.REQ.SERVER.{server}.RELOAD", b"", timeout=_PATIENCE_SECONDS)
            if b'"error"' in answer.data:
                told = answer.data.partition(b'"error":')[2].decode(errors="replace")
                raise CommandFailed(f"NATS refuses its configuration: {told}")
    except (NatsError, TimeoutError) as error:
        raise CommandFailed(f"NATS does not read its configuration again: {type(error).__name__}") from error
    finally:
        await client.close()


async def _prove(environment: Environment, subscriber: Subscriber, seed: str) -> None:
    """Come in as the subscriber and find its consumers. Raises `CommandFailed`."""
    cure = f"is {_FILE} the file that NATS includes?"
    try:
        client = await _connect(with_user(environment.need("NATS_URL"), ""), seed=seed, inbox=b"_INBOX")
    except CommandFailed as error:
        raise CommandFailed(f"NATS does not know the subscriber: {cure}") from error
    try:
        js = client.jetstream(domain=API_DOMAIN, timeout=_PATIENCE_SECONDS)
        for stream in subscriber.streams:
            await js.consumer_info(stream, subscriber.durable)
    except (NatsError, JetStreamError, TimeoutError) as error:
        raise CommandFailed(f"the subscriber finds no consumer ({type(error).__name__}): {cure}") from error
    finally:
        await client.close()


@asynccontextmanager
async def _deployer(environment: Environment) -> AsyncIterator[JetStreamContext]:
    client = await _connect(environment.need("NATS_URL"))
    try:
        yield client.jetstream(timeout=_PATIENCE_SECONDS)
    except TopologyDrift as error:
        raise CommandFailed(str(error)) from error
    except (NatsError, JetStreamError, TimeoutError) as error:
        raise CommandFailed(f"NATS refuses: {error or type(error).__name__}") from error
    finally:
        await client.close()


async def _connect(url: str, **more: Any) -> Client:
    try:
        return await connect(url, "tidebook", _PATIENCE_SECONDS, **more)
    except (NatsError, OSError, TimeoutError, ValueError) as error:
        raise CommandFailed(f"NATS does not answer, or not to us ({type(error).__name__}): look at NATS_URL") from error


@contextmanager
def _alone(environment: Environment) -> Iterator[Path]:
    """The file, for this process alone. Raises `CommandFailed`."""
    file = Path(environment.need(_FILE))
    try:
        with alone_with(file):
            yield file
    except OSError as error:
        raise CommandFailed(f"{_FILE}={file} can't be locked: {error.strerror}") from error


def _read(file: Path) -> dict[str, Subscriber]:
    try:
        return read(file)
    except (OSError, ValueError) as error:
        raise CommandFailed(f"{_FILE}={file} can't be read: {error}") from error


def _public(seed: str) -> str:
    return str(nkeys.from_seed(bytearray(seed.encode())).public_key.decode())


def _document(subscriber: Subscriber) -> dict[str, Any]:
    told = asdict(subscriber) | {"events": list(subscriber.events)}
    return told | {"durable": subscriber.durable, "streams": subscriber.streams, "domain": API_DOMAIN}


def _tell(subscriber: Subscriber) -> None:
    typer.echo(f"{subscriber.name}, for tenant {subscriber.tenant_id}", err=True)
    typer.echo(f"  hears  {', '.join(subscriber.events)}", err=True)
    streams = ", ".join(subscriber.streams)
    typer.echo(f"  from   consumer {subscriber.durable} on {streams} (JetStream domain {API_DOMAIN})", err=True)
    typer.echo(f"  asks   {', '.join(subscriber.questions)}", err=True)
