"""What each customer of the load is going to do: drawn from the seed and the customer's number alone."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

TENANTS = 3
RESOURCES = 3
FIRST_DAY, DAYS = 3, 60
SLOTS_A_DAY = 46
HOT_SLOTS = 8
"""Slots of the contended kind, for each resource."""


@dataclass(frozen=True, slots=True)
class Story:
    """What one customer is going to do."""

    number: int
    tenant: int
    service: str
    deposit: bool
    resource: int | None
    day: int
    slot: int
    keyed: bool
    persistent: bool
    doubled: bool
    """Clicks twice: two attempts at once, under one key."""
    holds: bool
    """Has the slot held first."""
    answer: str
    """What the business says, if it is asked."""
    swaps: bool
    """Is given to another room afterwards."""
    payment: str
    afterwards: str
    pause: float

    def starts_at(self, base: datetime) -> datetime:
        """The wished start."""
        return base + timedelta(days=self.day, minutes=30 * self.slot)


def draw_story(seed: int, number: int) -> Story:
    """What the customer of this number wants, the same for the same seed."""
    chance = random.Random(f"{seed}:story:{number}")
    hot = chance.random() < 0.3
    keyed = chance.random() < 0.75
    service = chance.choices(["paid", "free", "pair", "asked"], [50, 25, 15, 10])[0]
    return Story(
        number=number,
        tenant=chance.randrange(TENANTS),
        service=service,
        deposit=service == "paid",
        resource=None if chance.random() < 0.4 else chance.randrange(RESOURCES),
        day=FIRST_DAY if hot else FIRST_DAY + 1 + chance.randrange(DAYS),
        slot=chance.randrange(HOT_SLOTS) if hot else chance.randrange(SLOTS_A_DAY),
        keyed=keyed,
        persistent=keyed and chance.random() < 0.8,
        doubled=keyed and chance.random() < 0.1,
        holds=chance.random() < 0.15,
        answer=chance.choices(["approve", "decline", "none"], [60, 20, 20])[0],
        swaps=chance.random() < 0.1,
        payment=chance.choices(["pay", "decline, then pay", "decline", "late", "none"], [68, 12, 4, 6, 10])[0],
        afterwards=chance.choices(["keep", "move", "cancel", "move and cancel", "trespass"], [50, 18, 20, 6, 6])[0],
        pause=chance.uniform(0.05, 0.6),
    )
