"""How many requests a gateway lets in at once."""

import pytest

from gateway.overload import FEWEST, Hall
from gateway.problems import Problem

SLOW = 0.5


def after(hall: Hall, *seconds: float) -> int:
    """Places after a look at requests that took so long."""
    for took in seconds:
        hall.enter()
        hall.left(took)
    hall.adjust()
    return hall.places


def fill(hall: Hall) -> int:
    """How many more it lets in."""
    taken = hall.taken
    while hall.taken < hall.places:
        hall.enter()
    with pytest.raises(Problem) as refused:
        hall.enter()
    assert (refused.value.status, refused.value.code) == (503, "overloaded")
    assert refused.value.headers["Retry-After"]
    return hall.taken - taken


def test_a_burst_on_an_idle_gateway_finds_every_place() -> None:
    assert fill(Hall(256, SLOW)) == 256


def test_slow_requests_shrink_it_step_by_step_to_the_fewest_and_quick_ones_restore_it() -> None:
    hall = Hall(256, SLOW)
    sizes = [after(hall, 2.0, 0.1) for _ in range(10)]
    assert sizes == sorted(sizes, reverse=True)
    assert (sizes[0], sizes[-1]) == (179, FEWEST)
    assert fill(hall) == FEWEST
    hall.taken = 0
    grown = [after(hall, 0.01) for _ in range(60)]
    assert grown == sorted(grown)
    assert grown[-1] == 256


def test_a_small_limit_is_kept_however_slow_it_is() -> None:
    hall = Hall(3, SLOW)
    assert [after(hall, 9.0) for _ in range(5)] == [3] * 5


def test_no_news_changes_nothing() -> None:
    hall = Hall(256, SLOW)
    after(hall, 9.0)
    assert (after(hall), after(hall)) == (179, 179)


@pytest.mark.parametrize("seconds", [SLOW, 0.0])
def test_exactly_as_long_as_allowed_is_not_slow(seconds: float) -> None:
    assert after(Hall(256, SLOW), seconds) == 256
