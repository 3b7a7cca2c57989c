"""Prices as data: the cleaning estimate against its formulas written down again, and what holds of any pricing."""

from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from booking.quotes.rules import ONCE, ChosenAddOn, Estimate, NoPrice, PriceLine, estimate, fingerprint, work_minutes
from shared.contracts.booking.quotes import Answer, Pricing
from shared.contracts.money import AMOUNT_LIMIT, CURRENCIES

CLEANING = Pricing.model_validate_json((Path(__file__).parents[4] / "examples/pricing/cleaning.json").read_bytes())
OVEN, FRIDGE = ChosenAddOn("Oven", 3000, 30), ChosenAddOn("Fridge", 2000, 15)
TYPES = ("standard", "deep", "move_out_empty", "move_in_empty")
CASES = [
    (beds, baths, kind, grease, floors, frequency)
    for (beds, baths), kind, (grease, floors), frequency in product(
        [(0, 0), (0, 1), (1, 1), (2, 1), (2, 2), (3, 2), (4, 2), (5, 3), (6, 4), (10, 10)],
        TYPES,
        [(False, False), (True, False), (False, True), (True, True)],
        [ONCE, "weekly", "biweekly"],
    )
]


def answers(
    beds: int = 1, baths: int = 1, kind: str = "standard", grease: bool = False, floors: bool = False
) -> dict[str, Answer]:
    return {"beds": beds, "baths": baths, "type": kind, "heavy_grease": grease, "multi_floor": floors}


def by_the_book(
    beds: int, baths: int, kind: str, grease: bool, floors: bool, frequency: str
) -> tuple[int, int, int, int]:
    """Team, minutes on site, labour and discount in cents. Hours in hundredths come out even everywhere."""
    hours = 250 + 50 * (max(beds, 1) - 1) + 50 * (max(baths, 1) - 1)
    thousandths = hours * {"standard": 100, "deep": 120, "move_out_empty": 135, "move_in_empty": 135}[kind]
    if grease:
        thousandths += (50 if beds <= 2 else 100 if beds <= 4 else 150) * 100
    if floors:
        thousandths += 50 * 100
    cleaner_hours = max(thousandths, 300 * 100)
    team = 1 if cleaner_hours <= 45_000 else 2 if cleaner_hours <= 80_000 else 3
    half_hours = -(-cleaner_hours // (team * 5_000))
    labour = team * half_hours * 1750
    return team, half_hours * 30, labour, labour * {ONCE: 0, "weekly": 10, "biweekly": 5}[frequency] // 100


@pytest.mark.parametrize(("beds", "baths", "kind", "grease", "floors", "frequency"), CASES)
def test_the_cleaning_estimate(beds: int, baths: int, kind: str, grease: bool, floors: bool, frequency: str) -> None:
    team, on_site, labour, discount = by_the_book(beds, baths, kind, grease, floors, frequency)
    found = estimate(CLEANING, answers(beds, baths, kind, grease, floors), [OVEN], frequency)
    assert (found.team_size, found.on_site_minutes, found.duration_minutes) == (team, on_site, on_site + 30)
    assert found.lines[:2] == (PriceLine("Cleaning", labour), PriceLine("Oven", 3000))
    assert sum(line.amount for line in found.lines[2:]) == -discount
    assert found.total == labour + 3000 - discount


@pytest.mark.parametrize(
    ("said", "frequency", "team", "minutes", "total"),
    [
        (answers(), ONCE, 1, 180, 10_500),
        (answers(6, 4), ONCE, 2, 210, 24_500),
        (answers(4, 2), ONCE, 1, 270, 15_750),
        (answers(4, 2, floors=True), ONCE, 2, 150, 17_500),
        (answers(5, 3, "deep"), "weekly", 2, 210, 22_050),
        (answers(6, 4, "move_out_empty", True), "biweekly", 3, 210, 34_913),
    ],
)
def test_figures_worked_out_by_hand(
    said: dict[str, Answer], frequency: str, team: int, minutes: int, total: int
) -> None:
    found = estimate(CLEANING, said, (), frequency)
    assert (found.team_size, found.on_site_minutes, found.total) == (team, minutes, total)


def test_a_discount_is_on_labour_only_and_add_ons_take_their_time_each() -> None:
    found = estimate(CLEANING, answers(), [OVEN, ChosenAddOn("Fridge", 2000, 15, quantity=2)], "weekly")
    assert [line.amount for line in found.lines] == [10_500, 3_000, 4_000, -1_050]
    assert found.duration_minutes == 180 + 30 + 2 * 15


@pytest.mark.parametrize(
    "said",
    [
        answers(beds=11),
        answers(beds=-1),
        answers(kind="window"),
        answers() | {"beds": True},
        answers() | {"beds": "1"},
        {"beds": 1, "baths": 1},
        {},
    ],
)
def test_answers_without_a_price_are_refused(said: dict[str, Answer]) -> None:
    with pytest.raises(NoPrice):
        estimate(CLEANING, said)


def test_yes_is_not_one() -> None:
    assert work_minutes(CLEANING, answers(6, 4) | {"multi_floor": 1}) == work_minutes(CLEANING, answers(6, 4))


def test_what_is_too_much_is_refused() -> None:
    with pytest.raises(NoPrice, match="at once"):
        estimate(CLEANING, answers(), [ChosenAddOn("Gold", AMOUNT_LIMIT, 0)])
    with pytest.raises(NoPrice, match="at once"):
        estimate(CLEANING, answers(), [ChosenAddOn("Week", 1, 1441)])
    with pytest.raises(NoPrice, match="frequency"):
        estimate(CLEANING, answers(), (), "hourly")
    add = {"step": "add", "label": "A", "rows": [{"value": 100_000}]}
    with pytest.raises(NoPrice, match="more work"):
        estimate(pricing(work=[add, add]), {})


def pricing(**members: Any) -> Pricing:
    work = [{"step": "add", "label": "Work", "rows": [{"value": 60}]}]
    return Pricing.model_validate({"currency": "eur", "hourly_rate": 3000, "work": work} | members)


def test_fees_and_a_minimum_have_lines_of_their_own() -> None:
    fee = {
        "label": "Far away",
        "rows": [{"when": {"km": {"at_least": 20, "at_most": 99}}, "value": 700}],
        "otherwise": 0,
    }
    found = estimate(pricing(fees=[fee], minimum_total=5000), {"km": 30})
    assert [(line.label, line.amount) for line in found.lines] == [
        ("Labour", 3000), ("Far away", 700), ("Minimum", 1300),
    ]  # fmt: skip
    assert [line.label for line in estimate(pricing(fees=[fee]), {"km": 3}).lines] == ["Labour"]


@pytest.mark.parametrize(
    ("currency", "rate", "minutes", "labour"),
    [("eur", 3001, 30, 1501), ("eur", 1000, 20, 333), ("eur", 1000, 40, 667), ("isk", 300, 30, 200), ("kwd", 9, 30, 0)],
)
def test_labour_goes_to_the_nearest_step_and_a_half_up(currency: str, rate: int, minutes: int, labour: int) -> None:
    work = [{"step": "add", "label": "Work", "rows": [{"value": minutes}]}]
    made = pricing(currency=currency, hourly_rate=rate, work=work, round_up_minutes=10)
    assert estimate(made, {}).lines == (PriceLine("Labour", labour),)


def test_no_work_takes_a_step_all_the_same() -> None:
    free = [{"step": "add", "label": "Work", "rows": [{"value": 0}]}]
    assert estimate(pricing(work=free), {}).on_site_minutes == 30


@pytest.mark.parametrize(
    "members",
    [
        {"teams": [{"up_to_minutes": 100, "size": 1}]},
        {"teams": [{"up_to_minutes": 120, "size": 1}, {"up_to_minutes": 60, "size": 2}]},
        {"work": []},
        {"work": [{"step": "add", "label": "A", "rows": [{"value": 1}] * 151}]},
        {"work": [{"step": "add", "label": "A", "rows": [{"value": 100_001}]}]},
        {"work": [{"step": "multiply", "label": "A", "rows": [{"value": 0}]}]},
        {"work": [{"step": "divide", "label": "A", "rows": [{"value": 1}]}]},
        {"work": [{"step": "add", "label": "A", "rows": [{"when": {"a": {"at_least": 2, "at_most": 1}}, "value": 1}]}]},
        {"hourly_rate": 1.5},
        {"hourly_rate": -1},
        {"discounts": {"weekly": 101}},
        {"currency": "isk", "minimum_total": 150},
        {"currency": "xxx"},
    ],
)
def test_a_pricing_that_makes_no_sense_is_refused(members: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        pricing(**members)


@st.composite
def pricings(draw: st.DrawFn) -> Pricing:
    """Pricings over one number `n`, whose tables ascend with it."""
    step = draw(st.integers(1, 60))
    ascending = st.lists(st.integers(1, 400), min_size=5, max_size=5).map(sorted)

    def rows() -> list[dict[str, Any]]:
        return [{"when": {"n": n}, "value": value} for n, value in enumerate(draw(ascending))]

    kinds = st.sampled_from(["add", "multiply", "minimum"])
    work: list[dict[str, Any]] = [{"step": "add", "label": "First", "rows": rows()}]
    for kind in draw(st.lists(kinds, max_size=2)):
        value = {"minutes": draw(st.integers(0, 300))} if kind == "minimum" else {"rows": rows()}
        work.append({"step": kind, "label": kind} | value)
    sizes = draw(st.lists(st.integers(1, 5), max_size=3))
    teams: list[dict[str, int]] = []
    for size in sizes:
        unit = size * step
        before = teams[-1]["up_to_minutes"] if teams else 0
        teams.append({"up_to_minutes": (before // unit + draw(st.integers(1, 5))) * unit, "size": size})
    currency = draw(st.sampled_from(["eur", "jpy", "kwd", "isk"]))
    return pricing(
        currency=currency,
        hourly_rate=draw(st.integers(0, 10_000)),
        work=work,
        teams=teams,
        largest_team=draw(st.integers(5, 9)),
        round_up_minutes=step,
        discounts={"weekly": draw(st.integers(0, 100))},
        minimum_total=draw(st.integers(0, 50)) * CURRENCIES[currency].step,
    )


def priced(made: Pricing, number: int) -> Estimate | None:
    try:
        return estimate(made, {"n": number}, (), "weekly")
    except NoPrice:
        return None


@given(pricings(), st.integers(0, 4))
def test_lines_add_up_to_a_total_that_can_be_paid_and_keeps_the_minimum(made: Pricing, number: int) -> None:
    if found := priced(made, number):
        assert sum(line.amount for line in found.lines) == found.total >= made.minimum_total
        assert all(line.amount % CURRENCIES[made.currency].step == 0 for line in found.lines)
        assert found.on_site_minutes % made.round_up_minutes == 0
        assert found.on_site_minutes * found.team_size >= work_minutes(made, {"n": number})


@given(pricings(), st.integers(0, 3))
def test_more_work_never_costs_less(made: Pricing, number: int) -> None:
    less, more = priced(made, number), priced(made, number + 1)
    if less and more:
        assert less.total <= more.total


def test_the_fingerprint_is_that_of_inputs_and_result() -> None:
    said = answers(3, 2)
    result = estimate(CLEANING, said, [OVEN])
    known = fingerprint(CLEANING, said, [OVEN], ONCE, result)
    assert known == fingerprint(CLEANING, dict(reversed(said.items())), [OVEN], ONCE, result)
    others = {
        fingerprint(CLEANING.model_copy(update={"hourly_rate": 3501}), said, [OVEN], ONCE, result),
        fingerprint(CLEANING, said | {"beds": 4}, [OVEN], ONCE, result),
        fingerprint(CLEANING, said | {"heavy_grease": 0}, [OVEN], ONCE, result),
        fingerprint(CLEANING, said, [FRIDGE], ONCE, result),
        fingerprint(CLEANING, said, [OVEN], "weekly", result),
    }
    assert known not in others
    assert len(others) == 5
