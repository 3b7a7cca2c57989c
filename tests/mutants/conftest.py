"""The stack in which one process at a time has a bug, and the list of what was caught."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from devstack.stack import Stack
from tests.crash.world import World, opened
from tests.support.impatient_stack import ImpatientStack, commands

CAUGHT = pytest.StashKey[dict[str, str]]()


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    with ImpatientStack.throwaway(commands=commands("tests.mutants.launch")) as running:
        yield running


@pytest.fixture
async def world(stack: Stack) -> AsyncIterator[World]:
    async with opened(stack) as world:
        yield world


@pytest.fixture
def caught(pytestconfig: pytest.Config) -> dict[str, str]:
    """Mutant to the violation by which it was caught, for the list at the end."""
    return pytestconfig.stash.setdefault(CAUGHT, {})


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Name each mutant with the violation that gave it away."""
    caught = config.stash.get(CAUGHT, {})
    for mutant, violation in caught.items():
        terminalreporter.write_line(f"caught {mutant}: {violation}")
    terminalreporter.write_line(f"mutants caught: {len(caught)}")
