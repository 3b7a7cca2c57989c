"""`tidebook keys`: what a business' programs prove with who they are."""

from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

import typer

from gateway.identity.roles import Role
from gateway.identity.scopes import Scope
from tidebook.environment import CommandFailed, Environment
from tidebook.instants import parse_until
from tidebook.operator_api import OperatorApi
from tidebook.output import AsJson, minute, print_json

app = typer.Typer(no_args_is_help=True, help="The API keys of businesses: list, add, rotate, revoke.")


@app.command("list")
def list_keys(
    tenant: Annotated[UUID | None, typer.Option(help="Only those of this business.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many at most.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Keys without their secrets, revoked ones too: id, business, state, when last used, scopes, name."""
    api = OperatorApi(Environment.read())
    found = list(api.each("/v1/api-keys", "api_keys", limit, tenant_id=tenant))
    if as_json:
        print_json({"api_keys": found})
        return
    now = datetime.now(UTC)
    for key in found:
        typer.echo(_line(key, now))
    if not found:
        typer.echo("no keys: `tidebook keys add TENANT NAME` makes one", err=True)


@app.command()
def add(
    tenant: Annotated[UUID, typer.Argument(help="The id of the business, as `tidebook tenants list` shows it.")],
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    role: Annotated[Role | None, typer.Option(help="What a job needs, today and later; instead of scopes.")] = None,
    scope: Annotated[list[Scope] | None, typer.Option(help="May be repeated; without any it may do all.")] = None,
    expires: Annotated[str | None, typer.Option(help="90d, a date or an instant; without it never.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a key. It is printed this once, alone on standard output, and can't be had again."""
    if role and scope:
        raise typer.BadParameter("--role and --scope: one of both")
    body: dict[str, Any] = {"tenant_id": str(tenant), "name": name, "role": role, "scopes": scope}
    if expires is not None:
        try:
            body["expires_at"] = parse_until(expires, datetime.now(UTC)).isoformat()
        except ValueError as error:
            raise typer.BadParameter(f"--expires {expires}: {error}") from None
    _print_new(OperatorApi(Environment.read()).post("/v1/api-keys", body), as_json)


@app.command()
def rotate(
    key_id: Annotated[str, typer.Argument(help="As `list` shows it; not the key itself.")],
    grace_hours: Annotated[int, typer.Option(min=0, max=720, help="For how long the old key lives on.")] = 24,
    as_json: AsJson = False,
) -> None:
    """Make a key's successor, with its name and rights, and print it this once; the old one ends after a while."""
    path = f"/v1/api-keys/{quote(key_id, safe='')}/rotate"
    _print_new(OperatorApi(Environment.read()).post(path, {"grace_seconds": grace_hours * 3600}), as_json)


@app.command()
def revoke(ids: Annotated[list[str], typer.Argument(help="As `list` shows them; not the keys themselves.")]) -> None:
    """End keys for good, within five seconds. Harmless to repeat."""
    api, failed = OperatorApi(Environment.read()), 0
    for key_id in ids:
        try:
            api.delete(f"/v1/api-keys/{quote(key_id, safe='')}")
        except CommandFailed as error:
            failed += 1
            typer.echo(f"{key_id}: {error}", err=True)
        else:
            typer.echo(f"{key_id}: revoked")
    if failed:
        raise CommandFailed(f"{failed} of {len(ids)} failed")


def _print_new(made: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(made)
        return
    typer.echo(f"{made['id']}, for {', '.join(made['scopes'])}: keep the key, it is not shown again", err=True)
    typer.echo(made["key"])


def _line(key: dict[str, Any], now: datetime) -> str:
    used = f"used {minute(key['last_used_at'])}" if key["last_used_at"] else "never used"
    scopes = "all" if set(key["scopes"]) == set(Scope) else ",".join(key["scopes"])
    rights = key["role"] or scopes
    return f"{key['id']:<16}  {key['tenant_id']}  {_state(key, now):<24}  {used:<21}  {rights}  {key['name']}"


def _state(key: dict[str, Any], now: datetime) -> str:
    if key["revoked_at"]:
        return f"revoked {minute(key['revoked_at'])}"
    if not key["expires_at"]:
        return "usable"
    if key["replaced_by"]:
        return f"replaced, ends {minute(key['expires_at'])}"
    word = "expired" if datetime.fromisoformat(key["expires_at"]) <= now else "until"
    return f"{word} {minute(key['expires_at'])}"
