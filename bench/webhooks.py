"""Webhook intake: signed Stripe events over HTTP until they are stored, beside the echo of the same body."""

import itertools
import json
import statistics
import time
from collections import defaultdict
from collections.abc import Iterator

from bench.echo import running_echo
from bench.infrastructure import running_stack
from bench.load import Load, run
from bench.report import Chart, Goal, Result, Row
from bench.scale import Scale
from bench.shop import drained, post
from devstack.stack import Stack
from gateway.http.edge import WEBHOOK_PATH
from gateway.http.stripe_signature import sign
from shared.identifiers import new_id

CONNECTIONS = (1, 64)
EVENTS = {1: 500, 64: 5000}
"""A round's events by number of connections."""
ABOUT = """Stripe's events of about 2 kB, each with its own id, signed with the endpoint's secret, are posted to the
gateway, which checks the signature and answers 200 once the event is stored durably. **With billing at work** its
consumer takes the events from the stream meanwhile, on the same cores, stores each and decides about it; **intake
alone**: billing-service is down, which is what the stream is for. The echo is a bare FastAPI application that
validates the same body and returns it; it checks no signature."""


async def measure(scale: Scale) -> Result:
    """Echo and intake in turn, first with billing, then without."""
    loads: dict[tuple[str, int], list[Load]] = defaultdict(list)
    with running_stack() as stack, running_echo(stack.directory) as echo_port:
        await run([stack.ports.gateway], signed_events(stack, scale.of(1000)), 16)
        for way in ("with billing at work", "intake alone"):
            await drained(stack, "WEBHOOKS")
            if way == "intake alone":
                stack.processes["billing-1"].stop()
            for _ in range(scale.rounds):
                for connections in CONNECTIONS:
                    count = scale.of(EVENTS[connections])
                    repeated = itertools.repeat(next(signed_events(stack, 1)), 2 * count)
                    loads["echo", connections].append(await run([echo_port], repeated, connections))
                    load = await run([stack.ports.gateway], signed_events(stack, count), connections)
                    if set(load.statuses) != {200}:
                        raise SystemExit(f"not every event was stored: {dict(load.statuses)}")
                    loads[way, connections].append(load)
                if way == "with billing at work":
                    await drained(stack, "WEBHOOKS")
    return result(loads, scale)


def signed_events(stack: Stack, count: int) -> Iterator[bytes]:
    """Signed requests, each with a new event about an intent that nobody knows."""
    for _ in range(count):
        body = json.dumps(_event()).encode()
        signature = sign(body, stack.credentials.stripe_webhook_secret, int(time.time()))
        yield post(WEBHOOK_PATH, body, f"Stripe-Signature: {signature}\r\n")


def _event() -> dict[str, object]:
    """`payment_intent.created`, as Stripe sends it; billing-service stores it and has nothing to do about it."""
    name = new_id().hex
    return {
        "id": f"evt_{name}",
        "object": "event",
        "api_version": "2026-01-28",
        "created": int(time.time()),
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": f"req_{name[:14]}", "idempotency_key": f"pi:{name}:1"},
        "type": "payment_intent.created",
        "data": {
            "object": {
                "id": f"pi_{name}",
                "object": "payment_intent",
                "amount": 1800,
                "amount_capturable": 0,
                "amount_details": {"tip": {}},
                "amount_received": 0,
                "automatic_payment_methods": {"allow_redirects": "always", "enabled": True},
                "canceled_at": None,
                "cancellation_reason": None,
                "capture_method": "automatic_async",
                "client_secret": f"pi_{name}_secret_{name}",
                "confirmation_method": "automatic",
                "created": int(time.time()),
                "currency": "eur",
                "customer": None,
                "description": "Deposit: Standard cleaning, Bench",
                "invoice": None,
                "last_payment_error": None,
                "latest_charge": None,
                "livemode": False,
                "metadata": {"booking_id": str(new_id()), "payment_id": str(new_id()), "tenant_id": str(new_id())},
                "next_action": None,
                "on_behalf_of": None,
                "payment_method": None,
                "payment_method_configuration_details": {"id": f"pmc_{name[:24]}", "parent": None},
                "payment_method_options": {
                    "card": {"installments": None, "mandate_options": None, "network": None},
                    "link": {"persistent_token": None},
                },
                "payment_method_types": ["card", "link"],
                "processing": None,
                "receipt_email": None,
                "review": None,
                "setup_future_usage": None,
                "shipping": None,
                "source": None,
                "statement_descriptor": None,
                "statement_descriptor_suffix": None,
                "status": "requires_payment_method",
                "transfer_data": None,
                "transfer_group": None,
            }
        },
    }


def result(loads: dict[tuple[str, int], list[Load]], scale: Scale) -> Result:
    """Table, goal and chart."""
    speed = {key: statistics.median(load.per_second for load in runs) for key, runs in loads.items()}
    rows = []
    for (what, connections), runs in sorted(loads.items(), key=lambda item: (item[0][1], item[0][0] != "echo")):
        many = "a lone connection" if connections == 1 else f"{connections} connections"
        name = "bare FastAPI echo" if what == "echo" else f"webhook intake, {what}"
        p50, p99 = (statistics.median(load.percentile(share) for load in runs) for share in (50, 99))
        ratio = speed[what, connections] / speed["echo", connections]
        cells = {"a second": speed[what, connections], "of the echo": ratio, "p50 ms": p50, "p99 ms": p99}
        rows.append(Row(what=f"{name}, {many}", cells=cells, reference=what == "echo"))
    ratio = speed["with billing at work", 64] / speed["echo", 64]
    return Result(
        name="webhooks",
        title="Webhook intake",
        about=ABOUT,
        rows=rows,
        goals=[Goal(what="of the echo at 64 connections, billing at work", measured=ratio, bound=0.35)],
        chart=Chart(
            kind="bars",
            y="events a second",
            series={row.what: [(0, row.cells["a second"] or 0)] for row in rows if "64" in row.what},
        ),
        rounds=scale.rounds,
    )
