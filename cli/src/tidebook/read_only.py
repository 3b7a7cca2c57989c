"""`tidebook read-only`: in an incident the API changes nothing, while reads and Stripe's webhooks go on."""

from typing import Annotated, Any
from uuid import UUID

import typer

from tidebook.environment import Environment
from tidebook.operator_api import OperatorApi
from tidebook.output import minute

app = typer.Typer(no_args_is_help=True, help="Switch changes by the API off and on: on, off, show.")
Tenant = Annotated[UUID | None, typer.Option(help="Only this business; without it everybody.")]
Reason = Annotated[str, typer.Option(help="Why, for the audit log.")]


@app.command("on")
def turn_on(reason: Reason, tenant: Tenant = None) -> None:
    """Refuse every change by the API. Every gateway follows within five seconds."""
    _switch(active=True, reason=reason, tenant=tenant)


@app.command("off")
def turn_off(reason: Reason, tenant: Tenant = None) -> None:
    """Let changes in again. Each switch is turned back by itself: everybody's, and a business's."""
    _switch(active=False, reason=reason, tenant=tenant)


@app.command()
def show() -> None:
    """For whom changes are switched off, since when and why."""
    found = OperatorApi(Environment.read()).get("/v1/read-only")["read_only"]
    for each in found:
        typer.echo(_line(each))
    if not found:
        typer.echo("changes are let in, for everybody", err=True)


def _switch(*, active: bool, reason: str, tenant: UUID | None) -> None:
    body = {"active": active, "reason": reason, "tenant_id": str(tenant) if tenant else None}
    typer.echo(_line(OperatorApi(Environment.read()).post("/v1/read-only", body)))


def _line(switch: dict[str, Any]) -> str:
    state = "read-only" if switch["active"] else "changes are let in"
    return f"{switch['tenant_id'] or 'everybody'}  {state}  {minute(switch['changed_at'])}  {switch['reason']}"
