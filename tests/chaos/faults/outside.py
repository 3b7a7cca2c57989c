"""Faults of the outside world: Stripe, its webhooks, and the mail relay."""

import asyncio
from typing import Any

from tests.chaos.faults.site import Site, carries_out
from tests.chaos.schedule import Fault

STRIPE: dict[str, dict[str, Any]] = {
    "Stripe times out after success": {"api": {"timeout_after_success": 2}},
    "Stripe answers 500": {"api": {"error_500": 2}},
    "Stripe is down": {"api": {"down": True}},
    "Stripe is slow": {"api": {"slow_seconds": 1.5}},
    "duplicate webhooks": {"webhooks": {"duplicate": 2}},
    "shuffle webhooks": {"webhooks": {"shuffle": True}},
    "delay webhooks": {"webhooks": {"delay_seconds": 20.0}},
    "drop webhooks": {"webhooks": {"drop_ratio": 0.6}},
}
"""What the fake Stripe is told, see `devstack.stripe.faults`."""

COUNTED = ("timeout_after_success", "error_500")
"""Of these the fake counts down what is left."""

MAIL: dict[str, dict[str, int]] = {
    "SMTP 421": {"reply_421": 3},
    "SMTP 450": {"reply_450": 3},
    "SMTP hangs": {"hang": 2},
    "SMTP closes before the dot": {"close_before_final_dot": 3},
    "SMTP closes after the dot": {"close_after_final_dot": 2},
}
"""What the mail sink is told, see `devstack.inbox.smtp`."""


async def disturb_stripe(site: Site, fault: Fault) -> bool:
    """In force for a while. Webhooks that were announced meanwhile come as it says, however late."""
    url = f"{site.stack.servers.stripe.url}/_fake/faults"
    wanted = STRIPE[fault.kind]
    (await site.http.post(url, json=wanted)).raise_for_status()
    await asyncio.sleep(fault.seconds)
    left = (await site.http.get(url)).raise_for_status().json()
    (await site.http.delete(url)).raise_for_status()
    counters = {name: count for name, count in wanted.get("api", {}).items() if name in COUNTED}
    return not counters or any(left["api"][name] < count for name, count in counters.items())


async def disturb_mail(site: Site, fault: Fault) -> bool:
    """The next mails fail; at the end of the fault that is over, whether or not any came."""
    url = f"{site.stack.servers.inbox.url}/_faults"
    wanted = MAIL[fault.kind]
    site.mischief.copies_allowed += wanted.get("close_after_final_dot", 0)
    hanging = {"hang_seconds": fault.seconds} if "hang" in wanted else {}
    (await site.http.post(url, json={**wanted, **hanging})).raise_for_status()
    await asyncio.sleep(fault.seconds)
    left = (await site.http.get(url)).raise_for_status().json()
    (await site.http.delete(url)).raise_for_status()
    return any(left[name] < count for name, count in wanted.items())


for kind in STRIPE:
    carries_out(kind)(disturb_stripe)
for kind in MAIL:
    carries_out(kind)(disturb_mail)
