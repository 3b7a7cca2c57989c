"""How results are shown: what is compared, which goals are met, what the document says."""

from datetime import UTC, datetime

import pytest

from bench.report import Chart, Goal, Result, Row, document, figure, percentile, slope


def a_result(**changes: object) -> Result:
    fields: dict[str, object] = {
        "name": "relay",
        "title": "Relay",
        "about": "Rows become messages.",
        "rows": [
            Row(what="relay", cells={"events/s": 4321.0, "ratio": 0.864}),
            Row(what="raw nats-py", cells={"events/s": 5001.4}, reference=True),
        ],
        "goals": [Goal(what="ratio", measured=0.864, bound=0.8)],
        "chart": Chart(kind="bars", y="events/s", series={"relay": [(0, 4321)]}),
        "rounds": 5,
        "machine": "2 cores",
        "measured_at": datetime(2027, 3, 28, tzinfo=UTC),
    }
    return Result.model_validate(fields | changes)


@pytest.mark.parametrize(
    ("value", "shown"),
    [(12345.6, "12,346"), (99.96, "100.0"), (12.34, "12.3"), (1.234, "1.23"), (0.1234, "0.123"), (0, "0"), (None, "")],
)
def test_figures_have_the_digits_that_mean_something(value: float | None, shown: str) -> None:
    assert figure(value) == shown


@pytest.mark.parametrize(
    ("goal", "reached"),
    [
        (Goal(what="ratio", measured=0.8, bound=0.8), True),
        (Goal(what="ratio", measured=0.79, bound=0.8), False),
        (Goal(what="p99 ms", measured=50, bound=50, at_least=False), True),
        (Goal(what="p99 ms", measured=51, bound=50, at_least=False), False),
    ],
)
def test_a_goal_is_reached_at_its_bound(goal: Goal, reached: bool) -> None:
    assert goal.reached is reached
    assert ("missed" in str(goal)) is not reached


def test_a_table_names_ours_in_bold_and_leaves_out_what_a_reference_has_not() -> None:
    assert a_result().table().splitlines() == [
        "| what | events/s | ratio |",
        "|---|---:|---:|",
        "| **relay** | 4,321 | 0.864 |",
        "| raw nats-py | 5,001 |  |",
    ]


def test_the_document_shows_every_goal_and_every_chart() -> None:
    missed = a_result(name="path", title="Path", goals=[Goal(what="of the echo", measured=0.1, bound=0.2)])
    text = document([a_result(), missed])
    assert "| Relay | ratio ≥ 0.800: 0.864, reached |" in text
    assert "| Path | of the echo ≥ 0.200: 0.100, **missed** |" in text
    assert "(results/relay.svg)" in text
    assert "5 rounds, medians. 28 March 2027, 2 cores." in text


def test_a_result_survives_being_kept() -> None:
    assert Result.model_validate_json(a_result().model_dump_json()) == a_result()


def test_percentiles_lie_between_what_was_measured() -> None:
    assert percentile([1.0, 2.0, 3.0], 50) == 2.0
    assert 2.9 < percentile([1.0, 2.0, 3.0], 99) <= 3.0


def test_a_slope_is_per_cent_an_hour_after_the_warm_up() -> None:
    warming = [(0.0, 10.0), (0.1, 80.0)]
    steady = [(0.2 + n / 10, 100.0 + n) for n in range(10)]
    assert slope([*warming, *steady]) == pytest.approx(10.0)
    assert slope([*warming, *((hours, 100.0) for hours, _ in steady)]) == pytest.approx(0.0)
