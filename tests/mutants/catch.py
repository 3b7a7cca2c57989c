"""The tester is tested: every known bug is put into a running stack, and must be found.

Takes minutes, so it is not collected with the other suites: `make chaos-mutants`.
"""

import re

import pytest

from tests.crash.world import World
from tests.mutants.bugs import BUGS
from tests.mutants.scenarios import MUTANTS, UNHURRIED, Mutant


def test_every_bug_has_its_scenario() -> None:
    assert sorted(mutant.bug for mutant in MUTANTS) == sorted(BUGS)


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
async def test_control(mutant: Mutant, world: World) -> None:
    """Without its bug a scenario finds nothing."""
    await mutant.scenario(world, UNHURRIED)


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
async def test_caught(mutant: Mutant, world: World, caught: dict[str, str]) -> None:
    process = world.stack.processes[mutant.process]
    await world.down(mutant.process)
    process.environment["MUTANT"] = mutant.bug
    await world.up(mutant.process)
    await world.all_up()
    try:
        with pytest.raises(AssertionError) as found:
            await mutant.scenario(world, mutant.patience)
    finally:
        await world.down(mutant.process)
        del process.environment["MUTANT"]
    violation = str(found.value)
    assert re.search(mutant.violation, violation), f"found something else: {violation}"
    caught[mutant.bug] = violation.splitlines()[0][:160]
