"""The schedule comes from the seed alone, and somebody carries out every kind of fault."""

import itertools
from collections import Counter

import pytest

from tests.chaos.faults import CARRIED_OUT
from tests.chaos.schedule import LANES, draw, only
from tests.chaos.stories import draw_story


def test_a_seed_draws_the_same_schedule_again() -> None:
    assert draw(7, 300) == draw(7, 300)
    assert draw(7, 300) != draw(8, 300)


def test_a_longer_run_begins_like_a_shorter_one() -> None:
    shorter = draw(7, 60)
    assert [fault for fault in draw(7, 300) if fault.at < 60] == shorter


def test_faults_of_a_lane_follow_each_other() -> None:
    for lane in LANES:
        faults = [fault for fault in draw(3, 600) if fault.lane == lane.name]
        assert all(before.at + before.seconds < after.at for before, after in itertools.pairwise(faults))


def test_five_minutes_hold_more_than_a_hundred_faults() -> None:
    assert min(len(draw(seed, 300)) for seed in range(20)) > 150


def test_every_kind_is_drawn_and_carried_out() -> None:
    kinds = {kind.name for lane in LANES for kind in lane.kinds}
    assert kinds == set(CARRIED_OUT)
    assert set(Counter(fault.kind for fault in draw(1, 7200))) == kinds


def test_a_run_may_aim_at_some_kinds() -> None:
    drawn = {fault.kind for fault in draw(1, 600, only(["kill NATS", "delay"]))}
    assert drawn == {"kill NATS", "delay"}
    with pytest.raises(ValueError, match="earthquake"):
        only(["earthquake"])


def test_a_seed_draws_the_same_stories_again() -> None:
    assert [draw_story(7, n) for n in range(50)] == [draw_story(7, n) for n in range(50)]
    assert draw_story(7, 1) != draw_story(8, 1)
