"""`tidebook`: what operators type. Exit codes: 0 done, 1 failed, 2 wrongly asked."""

import asyncio
import logging
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Annotated

import structlog
import typer
from nats.errors import Error as NatsError

from shared.messaging.broker import Broker
from shared.messaging.topology import TopologyDrift, ensure_topology
from shared.zones import ZONE_DATA
from tidebook import completion, dead_letters, keys, read_only, subscribers, tenants
from tidebook.doctor import as_document, examine, report
from tidebook.environment import CommandFailed, Environment
from tidebook.findings import Grade
from tidebook.handlers import ALL
from tidebook.instants import parse_since
from tidebook.output import AsJson, print_json
from tidebook.rebuilding import OLDEST_DAYS, REFILLED, Refilled, rebuild
from tidebook.shifted_bookings import Compared, shifted_bookings

_CONNECT_SECONDS = 10

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Looks after a Tidebook installation: API_URL, OPERATOR_API_KEY, NATS_URL, DATABASE_URL and the like say "
    "where it is; without any of them it is the stack of `make run`.",
)
app.add_typer(tenants.app, name="tenants")
app.add_typer(keys.app, name="keys")
app.add_typer(read_only.app, name="read-only")
app.add_typer(subscribers.app, name="subscribers")
app.add_typer(dead_letters.app, name="dead-letters")
completion.register(app)


def _tell_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tidebook {version('tidebook-cli')}")
        raise typer.Exit


@app.callback()
def options(
    _version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Show which version this is.")
    ] = False,
) -> None:
    """What can be said before any command."""


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Look at everything that Tidebook's promises need, and say what to do. Fails if anything fails."""
    findings = asyncio.run(examine(Environment.read()))
    if as_json:
        print_json(as_document(findings))
    else:
        report(findings)
    if any(finding.grade == Grade.FAIL for finding in findings):
        raise typer.Exit(1)


@app.command("rebuild-streams")
def rebuild_streams(
    since: Annotated[str, typer.Option(help=f"2h, 3d, a date or an instant; events are kept {OLDEST_DAYS} days.")],
    service: Annotated[
        list[str] | None, typer.Option(help=f"Only this one; may be repeated: {', '.join(REFILLED)}.")
    ] = None,
) -> None:
    """Refill lost streams from the outboxes. Safe to repeat: what was handled is not handled again."""
    try:
        start = parse_since(since, datetime.now(UTC))
    except ValueError as error:
        raise typer.BadParameter(f"--since {since}: {error}") from None
    wanted = service or list(REFILLED)
    if unknown := set(wanted) - set(REFILLED):
        raise typer.BadParameter(f"--service {min(unknown)}: is none of {', '.join(REFILLED)}")
    asyncio.run(_rebuild(Environment.read(), start, wanted))


@app.command("shifted-bookings")
def list_shifted_bookings() -> None:
    """List future bookings whose local time new zone data have moved, to be asked about after an update."""
    asyncio.run(_list_shifted(Environment.read()))


async def _list_shifted(environment: Environment) -> None:
    url = environment.database_url("booking")
    if not url:
        raise CommandFailed("BOOKING_SYSTEM_DATABASE_URL is not set, nor DATABASE_URL")
    compared = Compared()
    async for booking in shifted_bookings(url, datetime.now(UTC), compared):
        typer.echo(
            f"{booking.id}  {booking.starts_at:%Y-%m-%dT%H:%MZ}  agreed {booking.agreed:%Y-%m-%d %H:%M}, "
            f"now {booking.now:%Y-%m-%d %H:%M}  {booking.time_zone}  tenant {booking.tenant_id}"
        )
    typer.echo(
        f"{compared.shifted} of {compared.bookings} future bookings shifted by zone data {ZONE_DATA}"
        + (f"; of {compared.unknown} it isn't known what was agreed" if compared.unknown else "")
    )


async def _rebuild(environment: Environment, since: datetime, services: list[str]) -> None:
    urls = {service: environment.database_url(service) for service in services}
    for service, url in urls.items():
        if not url:
            raise CommandFailed(f"{service.upper()}_DATABASE_URL is not set, nor DATABASE_URL")
    broker = Broker(environment.need("NATS_URL"), "deploy")
    try:
        async with asyncio.timeout(_CONNECT_SECONDS):
            await broker.connect()
            await ensure_topology(broker.js, ALL)
        for service, url in urls.items():
            done = await rebuild(broker, url, service, since, _show_progress)
            typer.echo(
                f"{service}: {done.read} events since {since:%Y-%m-%d %H:%M}Z, {done.stored} stored, "
                f"{done.known} were there"
            )
    except TimeoutError:
        raise CommandFailed("NATS does not answer: look at NATS_URL") from None
    except NatsError as error:
        raise CommandFailed(f"NATS refuses: {error}") from error
    except TopologyDrift as error:
        raise CommandFailed(str(error)) from error
    finally:
        await broker.close()


def _show_progress(done: Refilled) -> None:
    if sys.stderr.isatty():
        typer.echo(f"\r{done.service}: {done.read}", err=True, nl=False)


def main() -> None:
    """Entry point of `tidebook`: whatever goes wrong is one line."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.basicConfig(level=logging.CRITICAL)
    try:
        app()
    except CommandFailed as error:
        typer.echo(f"tidebook: {error}", err=True)
        sys.exit(1)
