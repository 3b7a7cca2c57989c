"""How many requests a gateway lets in at once."""

import asyncio
from uuid import UUID, uuid4

import pytest

from gateway.http.load_shedding import FEWEST, ConcurrencyLimit, Readers
from gateway.http.problems import Problem

SLOW = 0.5


def after(limit: ConcurrencyLimit, *seconds: float) -> int:
    """The limit after a look at requests that took so long."""
    for took in seconds:
        limit.enter(None)
        limit.leave(None)
        limit.took(took)
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


def test_a_tenant_has_no_more_than_its_share() -> None:
    limit = ConcurrencyLimit(10, SLOW, share=0.5)
    noisy, quiet = uuid4(), uuid4()
    permits = [limit.acquire() for _ in range(6)]
    for permit in permits[:5]:
        permit.belongs_to(noisy)
    with pytest.raises(Problem) as refused:
        permits[5].belongs_to(noisy)
    assert (refused.value.status, refused.value.code) == (503, "overloaded")
    permits[5].belongs_to(quiet)
    permits[0].release()
    limit.acquire().belongs_to(noisy)


def test_the_time_of_a_client_is_not_ours() -> None:
    limit = ConcurrencyLimit(256, SLOW)
    permit = limit.acquire()
    permit.pause()
    assert limit.taken == 0
    permit.resume()
    assert limit.taken == 1
    permit.release()
    permit.release()
    assert limit.taken == 0
    limit.adjust()
    assert limit.limit == 256


def test_a_place_given_back_may_be_gone() -> None:
    limit = ConcurrencyLimit(1, SLOW)
    permit = limit.acquire()
    permit.pause()
    other = limit.acquire()
    with pytest.raises(Problem):
        permit.resume()
    permit.release()
    other.release()
    assert limit.taken == 0


async def test_of_too_many_slow_bodies_the_eldest_is_given_up() -> None:
    limit = ConcurrencyLimit(3, SLOW)
    started: list[int] = []
    given_up: list[int] = []

    async def wait(number: int) -> None:
        try:
            async with limit.acquire().reading(60):
                started.append(number)
                await asyncio.Event().wait()
        except TimeoutError:
            given_up.append(number)

    waiting = []
    for number in range(5):
        waiting.append(asyncio.create_task(wait(number)))
        await asyncio.sleep(0)
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    await asyncio.wait(waiting[:2])
    assert (started, given_up) == ([0, 1, 2, 3, 4], [0, 1])
    for task in waiting[2:]:
        task.cancel()


async def test_of_one_tenants_slow_bodies_its_own_eldest_is_given_up() -> None:
    limit = ConcurrencyLimit(8, SLOW, share=0.25)
    noisy, quiet = uuid4(), uuid4()
    given_up: list[str] = []

    async def wait(name: str, tenant: UUID) -> None:
        permit = limit.acquire()
        permit.belongs_to(tenant)
        try:
            async with permit.reading(60):
                await asyncio.Event().wait()
        except TimeoutError:
            given_up.append(name)

    waiting = [asyncio.create_task(wait("quiet", quiet))]
    await asyncio.sleep(0)
    for number in range(4):
        waiting.append(asyncio.create_task(wait(f"noisy {number}", noisy)))
        await asyncio.sleep(0)
    await asyncio.wait(waiting[1:3])
    assert given_up == ["noisy 0", "noisy 1"]
    for task in waiting:
        task.cancel()


async def test_a_body_that_is_out_of_time_in_this_very_turn_makes_room_as_well() -> None:
    readers, loop = Readers(1, 1.0), asyncio.get_running_loop()
    added: list[bool] = []

    def another() -> None:
        readers.add(asyncio.timeout(1), None)
        added.append(True)

    async def out_of_time() -> None:
        async with asyncio.timeout(0.01) as slow:
            readers.add(slow, None)
            when = slow.when()
            assert when
            loop.call_at(when, another)  # after its time is over, and before its task has heard of it
            await asyncio.sleep(10)

    with pytest.raises(TimeoutError):
        await out_of_time()
    assert added
