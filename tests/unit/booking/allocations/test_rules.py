"""Who serves which need: against every way there is."""

from itertools import permutations
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from booking.allocations.rules import Need, choose, free_unit, only_places
from booking.catalog.model import Resource
from shared.clock import utc_now

POOL = [Resource(id=uuid4(), name=f"R{number}", capacity=1) for number in range(6)]
_needs = st.lists(
    st.builds(
        lambda quantity, numbers: Need(quantity, [POOL[number] for number in sorted(numbers)]),
        st.integers(1, 3),
        st.sets(st.integers(0, 5), min_size=1),
    ),
    min_size=1,
    max_size=3,
)


def _can_be_served(needs: list[Need], free: set[UUID]) -> bool:
    """Every way of giving the resources to the needs, one after another."""
    slots = [need for need in needs for _ in range(need.quantity)]
    if len(slots) > len(POOL):
        return False
    return any(
        all(r.id in free and r in need.resources for r, need in zip(given_, slots, strict=True))
        for given_ in permutations(POOL, len(slots))
    )


@given(_needs, st.sets(st.sampled_from([resource.id for resource in POOL])))
def test_needs_are_served_exactly_if_they_can_be(needs: list[Need], free: set[UUID]) -> None:
    places = choose(needs, dict.fromkeys(free, 0), {})
    assert (places is not None) == _can_be_served(needs, free)
    if places is None:
        return
    ids = [resource.id for resource, _ in places]
    assert len(set(ids)) == len(ids) == sum(need.quantity for need in needs)
    assert set(ids) <= free
    slots = [need for need in needs for _ in range(need.quantity)]
    assert all(resource in need.resources for (resource, _), need in zip(places, slots, strict=True))


def test_the_least_loaded_comes_first() -> None:
    load = {POOL[0].id: 3.0, POOL[1].id: 1.0, POOL[2].id: 2.0}
    places = choose([Need(2, POOL[:3])], dict.fromkeys(load, 0), load)
    assert places
    assert [resource.name for resource, _ in places] == ["R1", "R2"]


@given(_needs)
def test_where_nothing_is_to_choose_all_is_taken(needs: list[Need]) -> None:
    places = only_places(needs)
    if places is None:
        return
    assert choose(needs, {resource.id: 0 for resource in POOL}, {}) is not None
    assert {resource.id for resource, _ in places} == {r.id for need in needs for r in need.resources}


@given(st.integers(1, 4), st.lists(st.tuples(st.integers(0, 3), st.integers(0, 20), st.integers(1, 9)), max_size=12))
def test_a_unit_is_free_for_the_whole_time_or_not_at_all(capacity: int, taken: list[tuple[int, int, int]]) -> None:
    epoch = utc_now().replace(minute=0, second=0, microsecond=0)

    def at(hour: int) -> object:
        return epoch.replace(year=2027 + hour // 24, hour=hour % 24)

    busy = [(unit, at(start), at(start + length)) for unit, start, length in taken]
    period = at(8), at(11)
    unit = free_unit(capacity, busy, period)  # type: ignore[arg-type]
    clear = [
        u
        for u in range(capacity)
        if not any(t == u and start < 11 and start + length > 8 for t, start, length in taken)
    ]
    assert unit == (clear[0] if clear else None)
