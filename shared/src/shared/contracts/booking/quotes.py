"""Pricing as data: how a business makes a price and a duration out of a customer's answers (ADR 0036).

Work is counted in minutes of one person. Its steps are followed in their order; then the team is chosen, the time on
site rounded up, and what is billed is the team's time. Amounts are in minor units of the pricing's currency.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, StrictBool, StrictInt, StringConstraints, model_validator

from shared.contracts.base import Contract
from shared.contracts.fields import Name
from shared.contracts.money import AMOUNT_LIMIT, Currency, rules_of

WORK_LIMIT = 100_000
"""The most minutes of work that a pricing may name or come to: more than a team of 50 does in a day."""

AnswerName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
AnswerText = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=100)]
AnswerNumber = Annotated[StrictInt, Field(ge=-1_000_000, le=1_000_000)]
Answer = StrictBool | AnswerNumber | AnswerText
"""What a price may depend on: yes or no, a whole number, or a word. Yes is not 1, and 1 is not `1`."""


class Between(Contract):
    """Whole numbers from `at_least` to `at_most`, both included."""

    at_least: AnswerNumber
    at_most: AnswerNumber

    @model_validator(mode="after")
    def _holds_a_number(self) -> Self:
        if self.at_least > self.at_most:
            raise ValueError("at_least must not be above at_most")
        return self


class Row(Contract):
    """A value for answers that meet each condition; without conditions, for all. A step's first such row counts."""

    when: Annotated[dict[AnswerName, Answer | Between], Field(default_factory=dict, max_length=5)]
    value: Annotated[StrictInt, Field(ge=0, le=AMOUNT_LIMIT)]


Rows = Annotated[list[Row], Field(min_length=1, max_length=150)]


class AddWork(Contract):
    """Minutes of work more, by the answers."""

    step: Literal["add"] = "add"
    label: Name
    rows: Rows
    otherwise: Annotated[StrictInt, Field(ge=0, le=WORK_LIMIT)] | None = None
    """For answers that no row is for; without it they have no price."""

    @model_validator(mode="after")
    def _within_limits(self) -> Self:
        if any(row.value > WORK_LIMIT for row in self.rows):
            raise ValueError(f"a row of work may have at most {WORK_LIMIT} minutes")
        return self


class MultiplyWork(Contract):
    """The work of the steps before this one, times a percentage by the answers: 120 is a fifth more."""

    step: Literal["multiply"] = "multiply"
    label: Name
    rows: Rows
    otherwise: Annotated[StrictInt, Field(ge=1, le=1000)] | None = None

    @model_validator(mode="after")
    def _within_limits(self) -> Self:
        if not all(1 <= row.value <= 1000 for row in self.rows):
            raise ValueError("a percentage must lie between 1 and 1000")
        return self


class LeastWork(Contract):
    """Less than this is raised to it."""

    step: Literal["minimum"] = "minimum"
    label: Name
    minutes: Annotated[StrictInt, Field(ge=0, le=WORK_LIMIT)]


WorkStep = Annotated[AddWork | MultiplyWork | LeastWork, Field(discriminator="step")]


class Fee(Contract):
    """An amount beside the labour, by the answers. A step of its own line."""

    label: Name
    rows: Rows
    otherwise: Annotated[StrictInt, Field(ge=0, le=AMOUNT_LIMIT)] | None = None


class TeamUpTo(Contract):
    """How many come for work of up to so many minutes."""

    up_to_minutes: Annotated[StrictInt, Field(ge=1, le=WORK_LIMIT)]
    size: Annotated[StrictInt, Field(ge=1, le=50)]


class Pricing(Contract):
    """One way to make prices. All lists are bounded, so that a quote costs the same work whoever wrote them."""

    currency: Currency
    hourly_rate: Annotated[StrictInt, Field(ge=0, le=AMOUNT_LIMIT)]
    """For an hour of one person."""
    labour_label: Name = "Labour"
    work: Annotated[list[WorkStep], Field(min_length=1, max_length=20)]
    teams: Annotated[list[TeamUpTo], Field(default_factory=list, max_length=10)]
    """Ascending; the first that the work fits in counts."""
    largest_team: Annotated[StrictInt, Field(ge=1, le=50)] = 1
    """Who comes for more than the last of `teams`."""
    round_up_minutes: Annotated[StrictInt, Field(ge=1, le=480)] = 30
    """The time on site is a multiple of it."""
    fees: Annotated[list[Fee], Field(default_factory=list, max_length=20)]
    discounts: Annotated[
        dict[AnswerName, Annotated[StrictInt, Field(ge=0, le=100)]],
        Field(default_factory=dict, max_length=10),
    ]
    """By frequency, the percentage off the labour, and of nothing else."""
    minimum_total: Annotated[StrictInt, Field(ge=0, le=AMOUNT_LIMIT)] = 0
    """A total below it is raised to it by a line of its own."""

    @model_validator(mode="after")
    def _more_work_never_costs_less(self) -> Self:
        """Where the team changes, the smaller one's time must come out even, or more work could cost less."""
        limits = [team.up_to_minutes for team in self.teams]
        if limits != sorted(set(limits)):
            raise ValueError("teams must ascend by up_to_minutes")
        for team in self.teams:
            if team.up_to_minutes % (team.size * self.round_up_minutes):
                raise ValueError("a team's up_to_minutes must be a multiple of its size times round_up_minutes")
        return self

    @model_validator(mode="after")
    def _amounts_can_be_paid(self) -> Self:
        """Amounts that stand in a quote as they are go in steps of the currency."""
        rules = rules_of(self.currency)
        amounts = [self.minimum_total]
        for fee in self.fees:
            amounts += [fee.otherwise or 0, *(row.value for row in fee.rows)]
        for amount in amounts:
            if problem := rules.price_problem(amount):
                raise ValueError(problem)
        return self
