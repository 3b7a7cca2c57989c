"""`tidebook dead-letters`: see what could not be handled, let it be handled again, or give it up."""

import getpass
from typing import Annotated, Any

import typer

from tidebook.environment import CommandFailed, Environment
from tidebook.operator_api import OperatorApi
from tidebook.output import AsJson, print_json

app = typer.Typer(no_args_is_help=True, help="What consumers could not handle: list, show, replay, discard.")

Number = Annotated[int, typer.Argument(min=1, help="As `list` shows it.")]
Numbers = Annotated[list[int] | None, typer.Argument(min=1, help="As `list` shows them.")]
Reason = Annotated[str, typer.Option(help="Goes into the audit log.")]
_AT_A_TIME = 100


@app.command("list")
def list_letters(
    durable: Annotated[str | None, typer.Option(help="Only those of this consumer.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many at most.")] = 50,
    as_json: AsJson = False,
) -> None:
    """The oldest dead letters, a line each."""
    found: list[dict[str, Any]] = []
    total = 0
    for page in OperatorApi(Environment.read()).pages("/v1/dead-letters", "dead_letters", limit, durable=durable):
        found, total = found + page["dead_letters"], page["total"]
        if not as_json:
            for letter in page["dead_letters"]:
                typer.echo(_line(letter))
    if as_json:
        print_json({"dead_letters": found, "total": total})
    else:
        typer.echo(f"{len(found)} of {total} dead letters" if total else "no dead letters")


@app.command()
def show(number: Number, as_json: AsJson = False) -> None:
    """One dead letter with headers and payload, which may hold personal data."""
    letter = OperatorApi(Environment.read()).get(f"/v1/dead-letters/{number}")
    if as_json:
        print_json(letter)
        return
    for name in ("number", "died_at", "durable", "subject", "stream", "sequence", "attempts", "reason", "error"):
        typer.echo(f"{name:<10} {letter[name]}")
    for name, value in letter["headers"].items():
        typer.echo(f"{'header':<10} {name}: {value}")
    payload = letter["payload"]
    typer.echo(f"{'payload':<10} {letter['size']} bytes, {payload['encoding']}")
    typer.echo(payload["data"])


@app.command()
def replay(
    numbers: Numbers = None,
    durable: Annotated[str | None, typer.Option(help="All of this consumer, instead of numbers.")] = None,
    reason: Reason = "",
) -> None:
    """Let their consumer handle them again. Fails if any fails again."""
    if bool(numbers) == bool(durable):
        raise typer.BadParameter("give numbers, or --durable, and not both")
    api = OperatorApi(Environment.read())
    if durable:
        _replay_all(api, durable, reason)
    else:
        _decide(api, numbers or [], "replay", reason)


@app.command()
def discard(
    numbers: Annotated[list[int], typer.Argument(min=1, help="As `list` shows them.")],
    reason: Annotated[str, typer.Option(help="Why they may be lost; goes into the audit log.")],
) -> None:
    """Give them up for good."""
    _decide(OperatorApi(Environment.read()), numbers, "discard", reason)


def _decide(api: OperatorApi, numbers: list[int], action: str, reason: str) -> None:
    failed = 0
    for number in numbers:
        try:
            done = api.post(f"/v1/dead-letters/{number}/{action}", {"reason": reason, "by": _me()})
        except CommandFailed as error:
            failed += 1
            typer.echo(f"{number}: {error}", err=True)
        else:
            before = f" before, at {done['decided_at']} by {done['actor']}" if done["repeated"] else ""
            typer.echo(f"{number}: {done['action']}{before}: {done['details']}")
    if failed:
        raise CommandFailed(f"{failed} of {len(numbers)} failed")


def _replay_all(api: OperatorApi, durable: str, reason: str) -> None:
    replayed, failed, last = 0, 0, 0
    while True:
        body = {"durable": durable, "after": last, "limit": _AT_A_TIME, "reason": reason, "by": _me()}
        done = api.post("/v1/dead-letters/replay", body)
        replayed, failed = replayed + done["replayed"], failed + len(done["failed"])
        for failure in done["failed"]:
            typer.echo(f"{failure['number']}: {failure['detail']}", err=True)
        typer.echo(f"{durable}: {replayed} replayed, {failed} failed again, {done['remaining']} left")
        if done["stopped"]:
            raise CommandFailed(f"stopped: {done['stopped']}")
        if done["last"] == last or done["remaining"] <= failed:
            break
        last = done["last"]
    if failed:
        raise CommandFailed(f"{failed} failed again")


def _me() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


def _line(letter: dict[str, Any]) -> str:
    died = str(letter["died_at"])[:19].replace("T", " ")
    return f"{letter['number']:>6}  {died}  {letter['durable']:<32} {letter['reason']:<18} {letter['error'][:100]}"
