"""What a pricing comes to for a customer's answers: lines, total, team and time (ADR 0036).

Exact throughout: work is a fraction of minutes, money an integer of minor units, and each rounding is one of these.
The time on site is rounded up, the labour to the nearest step of the currency (a half goes up), a discount down.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from shared.contracts.booking.quotes import (
    WORK_LIMIT,
    AddWork,
    Answer,
    Between,
    LeastWork,
    MultiplyWork,
    Pricing,
    Row,
)
from shared.contracts.money import AMOUNT_LIMIT, rules_of

ONCE = "once"
"""The frequency of who does not come back: no discount is asked for."""
DURATION_LIMIT = 1440
"""The longest that a service takes, in minutes."""


class NoPrice(ValueError):
    """These answers have no price; the text says why, in words that a customer may read."""


@dataclass(frozen=True, slots=True)
class ChosenAddOn:
    """Something that is sold beside the service, at the price and with the minutes that it has now."""

    label: str
    amount: int
    minutes: int
    quantity: int = 1


@dataclass(frozen=True, slots=True)
class PriceLine:
    """A line of a quote, in minor units. A discount's is below zero."""

    label: str
    amount: int


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a customer pays and for how long somebody comes. The lines add up to the total."""

    lines: tuple[PriceLine, ...]
    total: int
    currency: str
    team_size: int
    on_site_minutes: int
    """Of the service alone: whole steps, and at least one."""
    duration_minutes: int
    """With what the add-ons take, one after the other."""


def estimate(
    pricing: Pricing, answers: Mapping[str, Answer], add_ons: Sequence[ChosenAddOn] = (), frequency: str = ONCE
) -> Estimate:
    """The price of these answers. Raises NoPrice if the pricing has none for them."""
    if frequency != ONCE and frequency not in pricing.discounts:
        raise NoPrice(f"there is no frequency {frequency!r} here")
    work = work_minutes(pricing, answers)
    team = _team_size(pricing, work)
    on_site = max(_up_to_step(work / team, pricing.round_up_minutes), pricing.round_up_minutes)
    labour = _nearest_step(Fraction(pricing.hourly_rate * team * on_site, 60), rules_of(pricing.currency).step)
    lines = [PriceLine(pricing.labour_label, labour)]
    for fee in pricing.fees:
        if amount := _value(fee.label, fee.rows, fee.otherwise, answers):
            lines.append(PriceLine(fee.label, amount))
    lines += [PriceLine(chosen.label, chosen.amount * chosen.quantity) for chosen in add_ons]
    if discount := _discount(pricing, labour, frequency):
        lines.append(PriceLine(f"{pricing.discounts[frequency]} % {frequency}", -discount))
    lacking = pricing.minimum_total - sum(line.amount for line in lines)
    if lacking > 0:
        lines.append(PriceLine("Minimum", lacking))
    total = sum(line.amount for line in lines)
    duration = on_site + sum(chosen.minutes * chosen.quantity for chosen in add_ons)
    if total > AMOUNT_LIMIT or duration > DURATION_LIMIT:
        raise NoPrice("this is more than can be booked at once")
    return Estimate(tuple(lines), total, pricing.currency, team, on_site, duration)


def work_minutes(pricing: Pricing, answers: Mapping[str, Answer]) -> Fraction:
    """The minutes that one person would need. Raises NoPrice."""
    work = Fraction(0)
    for step in pricing.work:
        match step:
            case AddWork():
                work += _value(step.label, step.rows, step.otherwise, answers)
            case MultiplyWork():
                work *= Fraction(_value(step.label, step.rows, step.otherwise, answers), 100)
            case LeastWork():
                work = max(work, Fraction(step.minutes))
    if work > WORK_LIMIT:
        raise NoPrice("this is more work than can be booked at once")
    return work


def fingerprint(
    pricing: Pricing,
    answers: Mapping[str, Answer],
    add_ons: Sequence[ChosenAddOn],
    frequency: str,
    result: Estimate,
) -> str:
    """SHA-256 over what a price was made of and what it came to; the order of the answers does not matter."""
    said = {
        "pricing": pricing.model_dump(mode="json"),
        "answers": dict(answers),
        "add_ons": [[chosen.label, chosen.amount, chosen.minutes, chosen.quantity] for chosen in add_ons],
        "frequency": frequency,
        "lines": [[line.label, line.amount] for line in result.lines],
        "total": result.total,
        "team_size": result.team_size,
        "duration_minutes": result.duration_minutes,
    }
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _value(label: str, rows: Sequence[Row], otherwise: int | None, answers: Mapping[str, Answer]) -> int:
    for row in rows:
        if all(_meets(name, wanted, answers) for name, wanted in row.when.items()):
            return row.value
    if otherwise is None:
        raise NoPrice(f"{label}: there is no price for these answers")
    return otherwise


def _meets(name: str, wanted: Answer | Between, answers: Mapping[str, Answer]) -> bool:
    if name not in answers:
        raise NoPrice(f"the price depends on an answer to {name!r}")
    given = answers[name]
    if isinstance(wanted, Between):
        return type(given) is int and wanted.at_least <= given <= wanted.at_most
    return type(given) is type(wanted) and given == wanted


def _team_size(pricing: Pricing, work: Fraction) -> int:
    return next((team.size for team in pricing.teams if work <= team.up_to_minutes), pricing.largest_team)


def _discount(pricing: Pricing, labour: int, frequency: str) -> int:
    step = rules_of(pricing.currency).step
    return labour * pricing.discounts.get(frequency, 0) // 100 // step * step


def _up_to_step(minutes: Fraction, step: int) -> int:
    return -(-minutes // step) * step


def _nearest_step(amount: Fraction, step: int) -> int:
    return (amount / step + Fraction(1, 2)) // 1 * step
