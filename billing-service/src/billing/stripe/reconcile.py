"""What happens by the clock: parked events are tried again, Stripe's own list is compared with ours.

Claimed or leased in the database, so that any number of replicas share the work. All times here are
real, or Stripe's: they say when work is tried again, not what the business decides.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog

from billing.metrics import PARKED, QUARANTINED, WEBHOOK_EVENTS
from billing.stripe import events as stripe_events
from billing.stripe.client import StripeClient
from billing.stripe.dispatch import StripeDispatch
from shared.persistence.pruning import prune_in_batches
from shared.persistence.transaction import EVERY_TENANT
from shared.runtime.context import Context
from shared.runtime.service import ServiceRuntime

log = structlog.get_logger()

BATCH = 100
OVERLAP = timedelta(minutes=10)
"""How far back of the newest event seen Stripe's list is compared again: events may be listed late."""


Contexts = Callable[[], Context]
"""Where a round of work gets the context for each of its transactions."""


def schedule(service: ServiceRuntime, stripe: StripeClient, dispatch: StripeDispatch, reconcile_seconds: float) -> None:
    """Let a service do this work."""
    service.every(2, "retry-parked-stripe-events", partial(retry_parked, service.context, dispatch))
    service.every(reconcile_seconds, "reconcile-with-stripe", partial(reconcile, service.context, stripe, dispatch))
    service.every(5, "watch-stripe-events", partial(watch, service.context))
    service.every(3600, "forget-stripe-events", partial(forget, service.context))


async def retry_parked(context: Contexts, dispatch: StripeDispatch) -> None:
    """Try parked events whose time has come, each in a transaction of its own; give up on those of a day ago."""
    async with context().transaction(EVERY_TENANT) as tx:
        overdue = await stripe_events.quarantine_overdue(tx.session)
        due = await stripe_events.claim_due(tx.session, BATCH)
    for event_id, event_type in overdue:
        WEBHOOK_EVENTS.labels("error").inc()
        log.error("stripe_event_quarantined", stripe_event=event_id, type=event_type, reason="unmatched")
    for account, event_id in due:
        async with context().transaction(EVERY_TENANT) as tx:
            event = await stripe_events.parked(tx.session, account, event_id)
            await dispatch.settle(tx, [event] if event else [])


async def reconcile(context: Contexts, stripe: StripeClient, dispatch: StripeDispatch) -> None:
    """Store what Stripe lists and no webhook brought; the parked events' turn applies it."""
    async with context().transaction(EVERY_TENANT) as tx:
        seen_until = await stripe_events.lease_reconciliation(tx.session)
    if seen_until is None:
        return
    listed = await stripe.events_since(seen_until - OVERLAP, dispatch.effects.types)
    async with context().transaction(EVERY_TENANT) as tx:
        pairs = [(event, dispatch.about(event)) for event in listed]
        missed = await stripe_events.store(tx.driver, pairs, pause=0)
        newest = max((datetime.fromtimestamp(event.created, UTC) for event in listed), default=None)
        await stripe_events.release_reconciliation(tx.session, newest)
    if missed:
        log.warning("stripe_events_reconciled", missed=len(missed), listed=len(listed))


async def watch(context: Contexts) -> None:
    """Show how many events wait, and how many a person must look at."""
    async with context().transaction(EVERY_TENANT) as tx:
        parked, quarantined = await stripe_events.counts(tx.session)
    PARKED.set(parked)
    QUARANTINED.set(quarantined)


async def forget(context: Contexts) -> None:
    """Forget events that were settled long ago."""

    async def forget_some() -> int:
        async with context().transaction(EVERY_TENANT) as tx:
            return await stripe_events.prune(tx.session)

    await prune_in_batches(forget_some)
