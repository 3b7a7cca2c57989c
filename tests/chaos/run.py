"""One run from the first customer to the verdict."""

import asyncio
import json
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path

import httpx

from tests.chaos.auditor import Violation, audit
from tests.chaos.client import Client
from tests.chaos.collect import Mischief, collect
from tests.chaos.drain import drain
from tests.chaos.evidence import Evidence
from tests.chaos.faults import Site
from tests.chaos.history import History, Outcome
from tests.chaos.injector import Injected, Injector
from tests.chaos.load import Load, open_shops
from tests.chaos.schedule import LANES, Fault, Lane, draw
from tests.chaos.stage import Stage

CUSTOMERS = 12
DRAIN_SECONDS = 900.0
"""Deliveries that have failed some times wait for minutes until their next try."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is made of."""

    seed: int
    minutes: float
    customers: int = CUSTOMERS
    drain_seconds: float = DRAIN_SECONDS
    lanes: tuple[Lane, ...] = LANES

    @property
    def schedule(self) -> list[Fault]:
        """Its faults."""
        return draw(self.seed, self.minutes * 60, self.lanes)


@dataclass
class Result:
    """What came of a run. Counts by name."""

    seed: int
    minutes: float
    operations: dict[str, dict[str, int]] = field(default_factory=dict)
    faults: dict[str, int] = field(default_factory=dict)
    missed: int = 0
    commits_cut: int = 0
    drain_seconds: float = 0
    evidence: dict[str, int] = field(default_factory=dict)
    recovery: dict[str, list[float]] = field(default_factory=dict)
    """Kind of a server's fault to the seconds from its end to the next booking that was made."""
    violations: list[Violation] = field(default_factory=list)
    data: str = ""
    """Where the stack's data was left, if anything was violated."""

    @property
    def unknowns(self) -> int:
        """Operations whose client does not know what became of them."""
        return sum(outcomes.get(Outcome.UNKNOWN, 0) for outcomes in self.operations.values())

    def write(self, path: Path) -> None:
        """As JSON."""
        path.write_text(json.dumps(asdict(self), indent=2) + "\n")


async def play(plan: Plan) -> Result:
    """Bring up a stack, disturb it, let it come to rest, and hold what is left against the rules."""
    stage = Stage()
    try:
        result = await _play(plan, stage)
    except BaseException:
        stage.remove_data()
        raise
    if result.violations:
        result.data = str(stage.keep_data())
    else:
        stage.remove_data()
    return result


async def _play(plan: Plan, stage: Stage) -> Result:
    history, mischief = History(), Mischief()
    result = Result(plan.seed, plan.minutes)
    async with stage:
        tenants = await open_shops(stage.gateways[0], stage.stack.credentials.operator_api_key)
        stripe_url = stage.stack.servers.stripe.url
        # No connection is kept: one that its server has just closed would look like a fault.
        tools = httpx.AsyncClient(trust_env=False, timeout=30, limits=httpx.Limits(max_keepalive_connections=0))
        async with Client(stage.gateways, stripe_url, history) as client, tools as http:
            load = Load(client, tenants, plan.seed)
            injector = Injector(Site(stage, load, mischief, http), plan.schedule)
            await disturb(load, injector, plan)
        began = time.monotonic()
        undrained = await drain(stage.stack, plan.drain_seconds)
        result.drain_seconds = time.monotonic() - began
        evidence = await collect(stage.stack, history, {t.tenant_id: t.mail_domain for t in tenants}, mischief)
        evidence.undrained = undrained
        history.write(stage.directory / "history.jsonl")
    result.violations = audit(evidence)
    _count(result, history, injector, evidence)
    result.commits_cut = sum(link.cut_count for link in stage.links.values())
    return result


async def disturb(load: Load, injector: Injector, plan: Plan) -> None:
    """Load and faults side by side; customers finish what they have begun after the last fault."""
    over = asyncio.Event()
    customers = asyncio.create_task(load.run(over, plan.customers))
    try:
        await injector.run(plan.minutes * 60)
        over.set()
        await customers
    finally:
        customers.cancel()


def _count(result: Result, history: History, injector: Injector, evidence: Evidence) -> None:
    result.operations = {kind: dict(outcomes) for kind, outcomes in sorted(history.counts().items())}
    result.faults = dict(sorted(injector.counts.items()))
    result.missed = len(injector.missed)
    result.recovery = recovery(history, injector.injected)
    statuses = Counter(row["status"] for row in evidence.bookings)
    result.evidence = {
        "bookings": len(evidence.bookings),
        **{f"bookings {status}": count for status, count in sorted(statuses.items())},
        "charges": sum(bool(charge["paid"]) for charge in evidence.charges),
        "refunds": len(evidence.stripe_refunds),
        "events": sum(len(rows) for rows in evidence.outbox.values()),
        "stored messages": len(evidence.stored),
        "mails": len(evidence.mails),
        "mails sent again": len(evidence.mails) - len({mail.message_id for mail in evidence.mails}),
        "webhooks dropped": sum(delivery["state"] == "dropped" for delivery in evidence.deliveries),
        "dead letters (poison)": len(evidence.on("DEADLETTER")),
    }


def recovery(history: History, injected: list[Injected]) -> dict[str, list[float]]:
    """Seconds from the end of each fault of a server to the next booking that a customer was given."""
    made = sorted(o.ended for o in history if o.kind == "create" and o.outcome is Outcome.OK)
    found: dict[str, list[float]] = {}
    for one in injected:
        if one.fault.lane == "servers":
            after = next((moment for moment in made if moment > one.ended), None)
            if after is not None:
                found.setdefault(one.fault.kind, []).append(round(after - one.ended, 2))
    return found
