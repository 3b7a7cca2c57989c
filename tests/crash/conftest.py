"""The stack that is walked through, and the count of points passed."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from devstack.stack import Stack
from tests.crash.world import World, opened
from tests.support.impatient_stack import ImpatientStack, commands


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    with ImpatientStack.throwaway(commands=commands("tests.support.impatient")) as running:
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
