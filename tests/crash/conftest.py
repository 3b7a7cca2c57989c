"""The stack that is walked through, and the count of points passed."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from devstack.stack import Stack
from tests.crash.world import World, opened
from tests.support.stack import throwaway_stack

IMPATIENT = ("-m", "tests.support.impatient")
COMMANDS = {
    **{service: (*IMPATIENT, service) for service in ("gateway", "booking", "billing", "notifier")},
    "jobs": (*IMPATIENT, "notifier.jobs", "--interval", "1"),
}


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """Every service once: nobody else does what the dead have left."""
    with throwaway_stack(commands=COMMANDS) as running:
        yield running


@pytest.fixture
async def world(stack: Stack) -> AsyncIterator[World]:
    async with opened(stack) as world:
        yield world


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say how many points were passed."""
    passed = sum(report.when == "call" for report in terminalreporter.stats.get("passed", []))
    failed = len(terminalreporter.stats.get("failed", [])) + len(terminalreporter.stats.get("error", []))
    terminalreporter.write_line(f"crash points passed: {passed}, failed: {failed}")
