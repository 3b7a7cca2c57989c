"""Every crash point: a process dies there, is started again, and all is as if each step had happened once.

Takes minutes, so it is not collected with the other suites: `make crash-points`.
"""

import pytest

from tests.crash.cases import CASES, Case
from tests.crash.walking import die_and_return
from tests.crash.world import World


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_dying_there_changes_nothing(case: Case, world: World) -> None:
    await die_and_return(case, world)
