"""The store of Stripe's events: kept as they came, tried again ever later, given up after a day."""

from uuid import uuid4

from billing.stripe import events as stripe_events
from shared.contracts.stripe import StripeEvent
from shared.persistence.transaction import EVERY_TENANT, transaction
from tests.service.billing.conftest import Billing, about


async def test_the_raw_event_and_its_version_are_kept(billing: Billing) -> None:
    held = await billing.hold()
    event = about(held, await billing.intent(held), "payment_intent.succeeded", unread={"by": ["us", "\u0000"]})
    await billing.hear(event)
    sql = "SELECT api_version, payload::text AS payload FROM stripe_events WHERE event_id = :id"
    [row] = await billing.rows(sql, id=event.id)
    assert row["api_version"] == "2026-10-28"
    assert StripeEvent.model_validate_json(row["payload"]) == event


async def test_an_event_that_never_finds_its_payment_is_quarantined_after_a_day(billing: Billing) -> None:
    held = await billing.hold()
    stray = about(held, f"pi_{uuid4().hex}", "payment_intent.succeeded")
    young = about(held, f"pi_{uuid4().hex}", "payment_intent.succeeded")
    await billing.hear(stray, young)
    aged = "UPDATE stripe_events SET received_at = now() - interval '25 hours', attempts = 9 WHERE event_id = :id"
    await billing.rows(f"{aged} RETURNING event_id", id=stray.id)
    async with transaction(billing.database, EVERY_TENANT, lambda _: None) as tx:
        overdue = await stripe_events.quarantine_overdue(tx.session)
    assert (stray.id, "payment_intent.succeeded") in overdue
    assert await billing.stored(stray) == ("quarantined", "unmatched")
    assert await billing.stored(young) == ("parked", None)


async def test_due_events_are_shared_and_put_off_further_each_time(billing: Billing) -> None:
    held = await billing.hold()
    stray = about(held, f"pi_{uuid4().hex}", "payment_intent.succeeded")
    await billing.hear(stray)
    pauses = []
    for _ in range(3):
        due = "UPDATE stripe_events SET next_try_at = now() - interval '1 day' WHERE event_id = :id"
        await billing.rows(f"{due} RETURNING event_id", id=stray.id)
        async with transaction(billing.database, EVERY_TENANT, lambda _: None) as tx:
            first = await stripe_events.claim_due(tx.session, 1000)
        async with transaction(billing.database, EVERY_TENANT, lambda _: None) as tx:
            second = await stripe_events.claim_due(tx.session, 1000)
        assert ("", stray.id) in first
        assert ("", stray.id) not in second
        sql = "SELECT extract(epoch FROM next_try_at - now())::int AS pause FROM stripe_events WHERE event_id = :id"
        [row] = await billing.rows(sql, id=stray.id)
        pauses.append(row["pause"])
    assert pauses == sorted(set(pauses))
    assert pauses[-1] <= 3600


async def test_one_replica_at_a_time_compares_with_stripe(billing: Billing) -> None:
    async def lease() -> bool:
        async with transaction(billing.database, EVERY_TENANT, lambda _: None) as tx:
            return await stripe_events.lease_reconciliation(tx.session) is not None

    assert [await lease(), await lease()] == [True, False]
    async with transaction(billing.database, EVERY_TENANT, lambda _: None) as tx:
        await stripe_events.release_reconciliation(tx.session, None)
    assert await lease()
