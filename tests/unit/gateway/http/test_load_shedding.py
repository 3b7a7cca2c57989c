"""How many requests a gateway lets in at once."""

import pytest

from gateway.http.load_shedding import FEWEST, ConcurrencyLimit
from gateway.http.problems import Problem

SLOW = 0.5


def after(limit: ConcurrencyLimit, *seconds: float) -> int:
    """The limit after a look at requests that took so long."""
    for took in seconds:
        limit.acquire()
        limit.released(took)
    limit.adjust()
    return limit.limit


def fill(limit: ConcurrencyLimit) -> int:
    """How many more it lets in."""
    taken = limit.taken
    while limit.taken < limit.limit:
        limit.acquire()
    with pytest.raises(Problem) as refused:
        limit.acquire()
    assert (refused.value.status, refused.value.code) == (503, "overloaded")
    assert refused.value.headers["Retry-After"]
    return limit.taken - taken


def test_a_burst_on_an_idle_gateway_finds_every_permit() -> None:
    assert fill(ConcurrencyLimit(256, SLOW)) == 256


def test_slow_requests_shrink_it_step_by_step_to_the_fewest_and_quick_ones_restore_it() -> None:
    limit = ConcurrencyLimit(256, SLOW)
    sizes = [after(limit, 2.0, 0.1) for _ in range(10)]
    assert sizes == sorted(sizes, reverse=True)
    assert (sizes[0], sizes[-1]) == (179, FEWEST)
    assert fill(limit) == FEWEST
    limit.taken = 0
    grown = [after(limit, 0.01) for _ in range(60)]
    assert grown == sorted(grown)
    assert grown[-1] == 256


def test_a_small_limit_is_kept_however_slow_it_is() -> None:
    limit = ConcurrencyLimit(3, SLOW)
    assert [after(limit, 9.0) for _ in range(5)] == [3] * 5


def test_no_news_changes_nothing() -> None:
    limit = ConcurrencyLimit(256, SLOW)
    after(limit, 9.0)
    assert (after(limit), after(limit)) == (179, 179)


@pytest.mark.parametrize("seconds", [SLOW, 0.0])
def test_exactly_as_long_as_allowed_is_not_slow(seconds: float) -> None:
    assert after(ConcurrencyLimit(256, SLOW), seconds) == 256
