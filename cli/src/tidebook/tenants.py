"""`tidebook tenants`: the businesses on an installation, the first one in production too."""

from typing import Annotated, Any

import typer

from tidebook.environment import Environment
from tidebook.operator_api import OperatorApi
from tidebook.output import AsJson, minute, print_json

app = typer.Typer(no_args_is_help=True, help="The businesses on this installation: list, add.")


@app.command("list")
def list_tenants(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many at most.")] = 50, as_json: AsJson = False
) -> None:
    """Businesses, the newest first: id, since when, name."""
    found = list(OperatorApi(Environment.read()).each("/v1/tenants", "tenants", limit))
    if as_json:
        print_json({"tenants": found})
        return
    for tenant in found:
        typer.echo(_line(tenant))
    if not found:
        typer.echo("no tenants: `tidebook tenants add NAME` makes one", err=True)


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="What its customers read in their mail.")], as_json: AsJson = False
) -> None:
    """Add a business. What it may do starts with a key: `tidebook keys add`."""
    tenant = OperatorApi(Environment.read()).post("/v1/tenants", {"name": name})
    if as_json:
        print_json(tenant)
    else:
        typer.echo(_line(tenant))


def _line(tenant: dict[str, Any]) -> str:
    return f"{tenant['id']}  {minute(tenant['created_at'])}  {tenant['name']}"
