"""`tidebook doctor`: is everything as Tidebook's promises need it? Looks, changes nothing."""

import asyncio
from dataclasses import asdict
from typing import Any

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
    count = counted(findings)
    typer.echo(f"{count[Grade.OK]} ok, {count[Grade.WARN]} to look at, {count[Grade.FAIL]} failed")


def as_document(findings: list[Finding]) -> dict[str, Any]:
    """The same for programs: how many of each grade, and every finding."""
    count = {str(grade): number for grade, number in counted(findings).items()}
    return {**count, "findings": [asdict(finding) for finding in findings]}


def counted(findings: list[Finding]) -> dict[Grade, int]:
    """How many there are of each grade."""
    return {grade: sum(finding.grade == grade for finding in findings) for grade in Grade}
