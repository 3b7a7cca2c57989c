"""`tidebook doctor`: is everything as Tidebook's promises need it? Looks, changes nothing."""

import asyncio

import typer

from tidebook.environment import Environment
from tidebook.findings import Finding, Grade
from tidebook.nats_checks import check_nats
from tidebook.other_checks import check_gateway, check_mail, check_redis
from tidebook.postgres_checks import check_postgres

_COLOURS = {Grade.OK: typer.colors.GREEN, Grade.WARN: typer.colors.YELLOW, Grade.FAIL: typer.colors.RED}
_WIDTH = 24


async def examine(environment: Environment) -> list[Finding]:
    """All findings, in the order in which they are shown."""
    looks = (check_nats, check_postgres, check_redis, check_mail, check_gateway)
    groups = await asyncio.gather(*(look(environment) for look in looks))
    return [finding for group in groups for finding in group]


def report(findings: list[Finding]) -> None:
    """A line each, and what to do below those that want it."""
    for finding in findings:
        grade = typer.style(f"{finding.grade:<4}", fg=_COLOURS[finding.grade])
        typer.echo(f"{grade}  {finding.subject:<{_WIDTH}}{finding.detail}")
        if finding.cure:
            typer.echo(f"      {'':<{_WIDTH}}-> {finding.cure}")
    count = {grade: sum(f.grade == grade for f in findings) for grade in Grade}
    typer.echo(f"{count[Grade.OK]} ok, {count[Grade.WARN]} to look at, {count[Grade.FAIL]} failed")
