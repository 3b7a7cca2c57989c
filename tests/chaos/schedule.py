"""Which faults come when: drawn from the seed alone, so that the same seed plays the same schedule again.

Faults are drawn in lanes. Those of one lane follow each other (a server is not frozen while it is
restarted); lanes overlap as they like.
"""

import random
from collections.abc import Collection
from dataclasses import dataclass, replace

from devstack.stack import SERVICES
from tests.chaos.stage import LINKED, REPLICAS


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: what, to whom, when (seconds from the start of the run) and for how long."""

    at: float
    lane: str
    kind: str
    target: str
    seconds: float

    def __str__(self) -> str:
        return f"{self.at:7.1f} s  {self.kind:<28} {self.target:<18} {self.seconds:5.1f} s"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fault in its lane: how often it is drawn beside the others, whom it may hit, how long it lasts."""

    name: str
    weight: float
    targets: tuple[str, ...]
    seconds: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Lane:
    """Kinds of which one at a time is in force, and the pause between two."""

    name: str
    pause: tuple[float, float]
    kinds: tuple[Kind, ...]


SERVICE_REPLICAS = tuple(f"{service}-{number}" for service in SERVICES for number in range(1, REPLICAS + 1))
MAILING = tuple(name for name in SERVICE_REPLICAS if name.startswith(("notifier", "jobs")))
_LINKS = tuple(
    f"{replica}/{server}"
    for replica in SERVICE_REPLICAS
    for server in LINKED
    if server != "valkey" or replica.startswith("gateway")
)
_DATABASE_LINKS = tuple(link for link in _LINKS if link.endswith("postgres"))
_DATABASE_BUSY = tuple(link for link in _DATABASE_LINKS if link.startswith(("booking", "billing", "notifier")))

LANES = (
    Lane(
        "services",
        (3.0, 7.0),
        (
            Kind("kill service", 6, SERVICE_REPLICAS, (0, 0)),
            Kind("freeze service", 2, SERVICE_REPLICAS, (1, 6)),
            Kind("freeze past ack wait", 0.25, SERVICE_REPLICAS[2:], (35, 45)),
            Kind("restart service", 2, SERVICE_REPLICAS, (0, 0)),
        ),
    ),
    Lane(
        "servers",
        (8.0, 14.0),
        (
            Kind("kill NATS", 2, ("nats",), (0, 2)),
            Kind("restart NATS", 1, ("nats",), (0, 2)),
            Kind("freeze NATS", 1.5, ("nats",), (1, 8)),
            Kind("kill PostgreSQL", 2, ("postgres",), (0, 2)),
            Kind("restart PostgreSQL", 1, ("postgres",), (0, 1)),
            Kind("freeze PostgreSQL", 1.5, ("postgres",), (1, 6)),
            Kind("kill Valkey", 1, ("valkey",), (0, 4)),
            Kind("restart Valkey", 0.5, ("valkey",), (0, 2)),
            Kind("freeze Valkey", 1, ("valkey",), (1, 5)),
            Kind("fill NATS's disk", 0.7, ("nats",), (3, 6)),
            Kind("revoke NATS rights", 0.7, ("booking", "billing", "notifier"), (2, 6)),
            Kind("fill a stream", 0.7, ("BOOKING", "BILLING", "COMMANDS", "WEBHOOKS"), (2, 5)),
        ),
    ),
    Lane(
        "network",
        (1.0, 3.0),
        (
            Kind("partition", 2, _LINKS, (1, 6)),
            Kind("partition to server", 1, _LINKS, (1, 5)),
            Kind("partition to client", 1.5, _LINKS, (1, 5)),
            Kind("delay", 1.5, _LINKS, (2, 5)),
            Kind("reset connections", 2, _LINKS, (0, 0)),
            Kind("cut before commit", 2, _DATABASE_BUSY, (1, 4)),
            Kind("cut after commit", 3, _DATABASE_BUSY, (1, 4)),
        ),
    ),
    Lane(
        "stripe",
        (2.0, 6.0),
        (
            Kind("Stripe times out after success", 2, ("stripe",), (1, 3)),
            Kind("Stripe answers 500", 1, ("stripe",), (1, 3)),
            Kind("Stripe is down", 1, ("stripe",), (1, 6)),
            Kind("Stripe is slow", 1, ("stripe",), (2, 5)),
            Kind("duplicate webhooks", 2, ("stripe",), (3, 6)),
            Kind("shuffle webhooks", 1.5, ("stripe",), (3, 6)),
            Kind("delay webhooks", 1.5, ("stripe",), (3, 6)),
            Kind("drop webhooks", 2, ("stripe",), (3, 6)),
        ),
    ),
    Lane(
        "mail",
        (3.0, 7.0),
        (
            Kind("SMTP 421", 1, ("inbox",), (2, 4)),
            Kind("SMTP 450", 1, ("inbox",), (2, 4)),
            Kind("SMTP hangs", 0.7, ("inbox",), (2, 8)),
            Kind("SMTP closes before the dot", 1.5, ("inbox",), (2, 4)),
            Kind("SMTP closes after the dot", 1.5, ("inbox",), (2, 4)),
        ),
    ),
    Lane(
        "hostile",
        (10.0, 16.0),
        (
            Kind("forged webhooks", 1, ("gateway-1", "gateway-2"), (1, 3)),
            Kind("one slot, forty clients", 1.5, ("gateway-1", "gateway-2"), (0, 0)),
            Kind("overload burst", 1, ("gateway-1", "gateway-2"), (0, 0)),
            Kind("poison message", 1.5, ("BOOKING", "BILLING", "WEBHOOKS"), (0, 0)),
        ),
    ),
)
CALM_SECONDS = 5.0
"""At the start, to see the stack work."""


def only(kinds: Collection[str]) -> tuple[Lane, ...]:
    """Lanes with these kinds alone, for a run that aims at something. Raises `ValueError` for an unknown kind."""
    if unknown := set(kinds) - {kind.name for lane in LANES for kind in lane.kinds}:
        raise ValueError(f"no such kinds of fault: {', '.join(sorted(unknown))}")
    kept = (replace(lane, kinds=tuple(kind for kind in lane.kinds if kind.name in kinds)) for lane in LANES)
    return tuple(lane for lane in kept if lane.kinds)


def draw(seed: int, seconds: float, lanes: tuple[Lane, ...] = LANES) -> list[Fault]:
    """The faults of a run, in the order of their start."""
    drawn: list[Fault] = []
    for lane in lanes:
        chance = random.Random(f"{seed}:{lane.name}")
        at = CALM_SECONDS + chance.uniform(0, lane.pause[1])
        while at < seconds:
            kind = chance.choices(lane.kinds, [kind.weight for kind in lane.kinds])[0]
            lasts = chance.uniform(*kind.seconds)
            drawn.append(Fault(at, lane.name, kind.name, chance.choice(kind.targets), lasts))
            at += lasts + chance.uniform(*lane.pause)
    return sorted(drawn, key=lambda fault: fault.at)
