"""Faults that come in by the front door: forged webhooks, everybody at once, what can't be decoded."""

import asyncio
import json
import time
from dataclasses import replace

import httpx
from nats.js import JetStreamContext

from tests.chaos.faults.servers import with_streams
from tests.chaos.faults.site import Site, carries_out
from tests.chaos.schedule import Fault
from tests.chaos.stories import DAYS, FIRST_DAY, draw_story

FORGERS = 10
RIVALS = 40
BURST = 150
POISONED = {
    "BOOKING": ("booking.cancelled.v1", "booking.held.v1", "booking.confirmed.v1"),
    "BILLING": ("billing.payment_succeeded.v1", "billing.refund_issued.v1"),
    "WEBHOOKS": ("webhook.stripe.payment_intent.succeeded",),
}


@carries_out("forged webhooks")
async def forge_webhooks(site: Site, fault: Fault) -> bool:
    """A flood of webhooks with a signature that is none, about things that never happened."""
    url = f"{site.stack.processes[fault.target].url}/webhooks/stripe"
    until = time.monotonic() + fault.seconds

    async def forge(forger: int) -> None:
        number = 0
        while time.monotonic() < until:
            number += 1
            event = f"evt_forged_{fault.at:.0f}_{forger}_{number}"
            site.mischief.forged_ids.add(event)
            body = json.dumps({"id": event, "type": "payment_intent.succeeded", "created": 1, "data": {"object": {}}})
            header = {"Stripe-Signature": f"t={time.time():.0f},v1={'0' * 64}"}
            try:
                await site.http.post(url, content=body.encode(), headers=header)
            except (httpx.HTTPError, OSError):
                await asyncio.sleep(0.1)

    await asyncio.gather(*(forge(forger) for forger in range(FORGERS)))
    return True


@carries_out("one slot, forty clients")
async def storm_slot(site: Site, fault: Fault) -> bool:
    """Forty customers want the very same slot at the very same moment."""
    place = replace(
        draw_story(site.load.seed, int(fault.at * 10)), day=FIRST_DAY + DAYS + 5, slot=int(fault.at) % 46, resource=0
    )
    await asyncio.gather(
        *(site.load.book(place, gateway, None, f"storm-{fault.at:.1f}-{gateway}") for gateway in range(RIVALS))
    )
    return True


@carries_out("overload burst")
async def burst(site: Site, fault: Fault) -> bool:
    """Many times the usual load, at once."""
    stories = [draw_story(site.load.seed, 1_000_000 + int(fault.at * 1000) + n) for n in range(BURST)]
    await asyncio.gather(
        *(site.load.book(story, n, None, f"burst-{fault.at:.1f}-{n}") for n, story in enumerate(stories))
    )
    return True


@carries_out("poison message")
async def poison(site: Site, fault: Fault) -> bool:
    """A message that breaks its contract, between sound ones."""
    message_id = f"poison-{fault.at:.1f}"
    types = POISONED[fault.target]
    subject = types[int(fault.at * 10) % len(types)]
    if not subject.startswith("webhook."):
        subject += f".{site.load.tenants[0].tenant_id}"

    async def publish(js: JetStreamContext) -> bool:
        await js.publish(subject, b'{"id": "not what it should be', headers={"Nats-Msg-Id": message_id})
        return True

    site.mischief.poisons.add(message_id)
    return await with_streams(site, publish)
