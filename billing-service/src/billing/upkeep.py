"""What happens by the clock: parked events are tried again, Stripe's own list is compared with ours.

Claimed or leased in the database, so that any number of replicas share the work.
"""

from datetime import UTC, datetime, timedelta

import structlog

from billing import stripe_events, webhooks
from billing.metrics import PARKED, QUARANTINED, WEBHOOK_EVENTS
from billing.stripe_gateway import StripeGateway
from shared.persistence.transaction import EVERY_TENANT
from shared.runtime.service import ServiceRuntime

log = structlog.get_logger()

BATCH = 100
OVERLAP = timedelta(minutes=10)
"""How far back of the newest event seen Stripe's list is compared again: events may be listed late."""


def schedule(service: ServiceRuntime, stripe: StripeGateway, reconcile_seconds: float) -> None:
    """Let a service do this work."""

    async def retry_parked() -> None:
        async with service.context().transaction(EVERY_TENANT) as tx:
            overdue = await stripe_events.quarantine_overdue(tx.session)
            due = await stripe_events.claim_due(tx.session, BATCH)
        for event_id, event_type in overdue:
            WEBHOOK_EVENTS.labels("error").inc()
            log.error("stripe_event_quarantined", stripe_event=event_id, type=event_type, reason="unmatched")
        for account, event_id in due:
            async with service.context().transaction(EVERY_TENANT) as tx:
                event = await stripe_events.parked(tx.session, account, event_id)
                verdicts = await webhooks.settle(tx, [event] if event else [], stripe.livemode)
            for verdict in verdicts:
                verdict.count()

    async def reconcile() -> None:
        """Store what Stripe lists and no webhook brought; the parked events' turn applies it."""
        async with service.context().transaction(EVERY_TENANT) as tx:
            seen_until = await stripe_events.lease_reconciliation(tx.session)
        if seen_until is None:
            return
        listed = await stripe.events_since(seen_until - OVERLAP, sorted(webhooks.EFFECTS))
        async with service.context().transaction(EVERY_TENANT) as tx:
            pairs = [(event, webhooks.intent_of(event)) for event in listed]
            missed = await stripe_events.store(tx.driver, pairs, pause=0)
            newest = max((datetime.fromtimestamp(event.created, UTC) for event in listed), default=None)
            await stripe_events.release_reconciliation(tx.session, newest)
        if missed:
            log.warning("stripe_events_reconciled", missed=len(missed), listed=len(listed))

    async def watch() -> None:
        async with service.context().transaction(EVERY_TENANT) as tx:
            parked, quarantined = await stripe_events.counts(tx.session)
        PARKED.set(parked)
        QUARANTINED.set(quarantined)

    async def forget() -> None:
        async with service.context().transaction(EVERY_TENANT) as tx:
            await stripe_events.prune(tx.session)

    service.every(2, "retry-parked-stripe-events", retry_parked)
    service.every(reconcile_seconds, "reconcile-with-stripe", reconcile)
    service.every(5, "watch-stripe-events", watch)
    service.every(3600, "forget-stripe-events", forget)
