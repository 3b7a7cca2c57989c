"""The smallest thing that each bug can't survive. Every scenario is green without its bug."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from uuid import uuid4

from billing.failpoints import BillingFailpoint
from notifier.failpoints import NotifierFailpoint
from shared.failpoints import KernelFailpoint
from tests.crash.audit import audit
from tests.crash.cases import LATE, PAID, POISONED, SLOW_START, Case, until
from tests.crash.story import Step, Story
from tests.crash.walking import die_and_return
from tests.crash.world import World
from tests.service.booking.machine import play
from tests.support.client import Api, in_days
from tests.support.eventually import eventually

Scenario = Callable[[World, float], Awaitable[None]]
"""What is played in a world; the number is how many seconds its decisive effect may take."""


def dying(where: str, story: list[Step]) -> Scenario:
    """A story whose last step meets a death."""
    return partial(_die, where, story)


async def _die(where: str, story: list[Step], world: World, patience: float) -> None:
    service = where.partition("@")[2].partition("-")[0]
    await die_and_return(Case(f"{service}-1", where, story), world, patience)


async def _finish(story: Story) -> None:
    await story.world.settled(story.api.tenant_id, story.patience)
    await audit(story, extra_mails=0)


# --- deliveries and events -----------------------------------------------------------------


async def a_fact_that_is_too_early(world: World, patience: float) -> None:
    """A cancellation comes to billing before the deposit has been asked for: it must wait, not give up."""
    story = await Story.begin(world)
    *before, step = SLOW_START
    for earlier in before:
        await earlier(story)
    story.patience = patience
    await world.down("billing-1")
    playing = asyncio.create_task(step(story))
    await story.acted.wait()
    await world.up("billing-1")
    await playing
    await _finish(story)


async def a_commit_that_is_overtaken(world: World, patience: float) -> None:
    """One business's commit takes a second; another's event, made later, is committed meanwhile."""
    slow, quick = [await Story.begin(world) for _ in range(2)]
    for story in (slow, quick):
        await story.offer_service_without_deposit()
        await story.add_resource()
        await story.book_without_deposit()
        await world.settled(story.api.tenant_id)
    await world.sql.execute(
        f"""
        CREATE FUNCTION booking.slow() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN PERFORM pg_sleep(1); RETURN NEW; END $$;
        CREATE TRIGGER slow BEFORE INSERT ON booking.outbox FOR EACH ROW
            WHEN (NEW.subject LIKE '%{slow.api.tenant_id}') EXECUTE FUNCTION booking.slow();
        """
    )
    try:
        slow.patience = patience
        cancelling = asyncio.create_task(slow.call_off_without_deposit())

        async def asleep() -> bool:
            waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
            return bool(await world.sql.fetchval(waiting))

        await eventually(asleep, within=30, every=0.01)
        await quick.call_off_without_deposit()
        await cancelling
    finally:
        await world.sql.execute("DROP FUNCTION booking.slow CASCADE")
    await _finish(slow)


# --- bookings ------------------------------------------------------------------------------


async def many_want_one_slot(world: World, _patience: float) -> None:
    """Twenty at once, decided together: one has it."""
    story = await Story.begin(world)
    await story.offer_service()
    await story.add_resource()
    await world.down("booking-1")
    commands = [story.api.book(story.service_id, in_days(2), Prefer="wait=20") for _ in range(20)]
    answers = asyncio.gather(*commands)

    async def stored() -> bool:
        info = await world.broker.js.consumer_info("COMMANDS", "booking-create-booking")
        return bool(info.num_pending == len(commands))

    await eventually(stored, within=30)
    await world.up("booking-1")
    made = Counter(answer.status_code for answer in await answers)[201]
    assert made == 1, f"{made} bookings of one slot"


async def one_slot_without_constraint(world: World, _patience: float) -> None:
    """The same, in a schema whose author trusted the check."""
    definition = await world.sql.fetchval(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'allocations_no_overlap'"
    )
    mutated = "MUTANT" in world.stack.processes["booking-1"].environment
    if mutated:
        await world.sql.execute("ALTER TABLE booking.allocations DROP CONSTRAINT allocations_no_overlap")
    try:
        await many_want_one_slot(world, _patience)
    finally:
        if mutated:
            await world.sql.execute("DELETE FROM booking.allocations")
            await world.sql.execute(
                f"ALTER TABLE booking.allocations ADD CONSTRAINT allocations_no_overlap {definition}"
            )


async def what_the_model_says(world: World, _patience: float) -> None:
    """The model of booking, in any order of its steps."""
    servers = world.stack.servers
    await asyncio.to_thread(play, servers.nats.url, servers.postgres.url, 12, repeatable=True)


async def a_request_comes_again_after_its_record_is_gone(world: World, _patience: float) -> None:
    """Replayed after its booking was cancelled and the ledger has forgotten it: the slot is free, whatever else is."""
    story = await Story.begin(world)
    await story.offer_service_without_deposit()
    await story.add_resource()
    await story.book_without_deposit()
    await story.call_off_without_deposit()
    await world.settled(story.api.tenant_id)
    [request] = await world.stored("COMMANDS", f"command.booking.create_booking.v1.{story.api.tenant_id}.*")
    await world.sql.execute("DELETE FROM booking.commands WHERE tenant_id = $1", story.api.tenant_id)
    await world.broker.publish(request.subject, request.data, message_id=uuid4().hex)

    async def handled_or_tried_again() -> bool:
        info = await world.broker.js.consumer_info("COMMANDS", "booking-create-booking")
        waiting = (info.num_pending or 0) + (info.num_ack_pending or 0)
        return not waiting or bool(info.num_redelivered)

    await eventually(handled_or_tried_again, within=30)
    [*_, again] = await world.stored("COMMANDS", request.subject)
    await world.broker.js.delete_msg("COMMANDS", again.seq)
    refused = await world.sql.fetchval(
        "SELECT outcome -> 'refusal' ->> 'code' FROM booking.commands WHERE tenant_id = $1", story.api.tenant_id
    )
    assert refused is None, f"a free slot is refused: {refused}"


async def one_wish_twice(world: World, _patience: float) -> None:
    """The same request again, under the same key: the same booking, although another team is free."""
    story = await Story.begin(world)
    await story.offer_service()
    for _ in range(2):
        await story.add_resource()
    for _ in range(2):
        response = await story.api.book(story.service_id, in_days(2), Idempotency_Key="a-key")
        assert response.status_code == 201, response.text
    made = await world.sql.fetchval("SELECT count(*) FROM booking.bookings WHERE tenant_id = $1", story.api.tenant_id)
    assert made == 1, f"one key has made {made} bookings"


async def somebody_elses_tenant(world: World, _patience: float) -> None:
    """A business names another one's tenant in its request."""
    story = await Story.begin(world)
    await story.offer_service()
    await story.add_resource()
    stranger = await Api.for_new_tenant(world.http, world.stack.credentials.operator_api_key)
    body = {
        "service_id": story.service_id,
        "starts_at": in_days(2).isoformat(),
        "customer": {"name": "Eve", "email": "eve@customer.example"},
        "metadata": {"tenant_id": story.api.tenant_id},
    }
    response = await stranger.post("/v1/bookings", body)
    theirs = (await story.api.get("/v1/bookings")).json()["bookings"]
    assert not theirs, f"a tenant has {len(theirs)} bookings that it never made"
    assert response.status_code == 404, response.text


# --- money ---------------------------------------------------------------------------------


async def a_webhook_while_nats_is_down(world: World, patience: float) -> None:
    """Stripe tells of a payment while nobody can store it."""
    story = await Story.begin(world)
    for step in (story.offer_service, story.add_resource, story.book):
        await step()
    await world.settled(story.api.tenant_id)
    story.patience = patience
    await asyncio.to_thread(world.stack.servers.nats.stop)
    story.acted.clear()
    paying = asyncio.create_task(story.pay())

    async def answered() -> bool:
        """Whether the gateway has said something to Stripe, whatever it was."""
        refusals = 'http_5xx_total{method="POST",path="/webhooks/stripe"}'
        return refusals in (await world.http.get("/metrics")).text or not await world.webhooks_under_way()

    try:
        await story.acted.wait()
        await eventually(answered, within=30)
    finally:
        await asyncio.to_thread(world.stack.servers.nats.start)
    await paying
    await _finish(story)


async def old_news_of_a_failure(world: World, _patience: float) -> None:
    """The first card was declined, the second paid; Stripe tells of the decline last."""
    story = await Story.begin(world)
    for step in (story.offer_service, story.add_resource, story.book):
        await step()
    outside = world.outside
    await outside.faults(webhooks={"drop_ratio": 1.0})
    await outside.pay(story.intent_id, "pm_card_chargeDeclined")
    await outside.pay(story.intent_id)
    await outside.no_faults()
    events = {event["type"]: event["id"] for event in await story.stripe_events()}
    for told in ("succeeded", "payment_failed"):
        await outside.stripe.post(f"/_fake/events/{events[f'payment_intent.{told}']}/resend")
        await world.settled(story.api.tenant_id)
    status = await world.sql.fetchval("SELECT status FROM billing.payments WHERE booking_id = $1", story.booking_id)
    assert status == "succeeded", f"a paid deposit is {status}"


# --- the list ------------------------------------------------------------------------------


UNHURRIED = 60.0
LOST_AFTER = 15.0
"""For bugs that lose something: what a healthy process needs a second or two for, even on a busy machine."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A bug, the process that has it, what it can't survive, and the violation (a regex) that must be found."""

    bug: str
    process: str
    scenario: Scenario
    violation: str
    patience: float = UNHURRIED

    def __str__(self) -> str:
        return self.bug


REFUNDED = until(PAID, Story.cancel)
BOOKED = until(PAID, Story.book)
LOST_REFUND = r"booking and payment are \('cancelled', 'succeeded'\)"

MUTANTS = (
    Mutant(
        "ack-before-commit",
        "billing-1",
        dying(f"{KernelFailpoint.COMMITTING}@billing-request-refund", REFUNDED),
        LOST_REFUND,
        LOST_AFTER,
    ),
    Mutant(
        "no-inbox",
        "booking-1",
        dying(f"{KernelFailpoint.ACKNOWLEDGING}@booking-confirm-booking", LATE),
        r"events too many: \{'booking.late_payment_refused.v1': 1\}",
    ),
    Mutant("bare-nak", "billing-1", a_fact_that_is_too_early, r"\('cancelled', 'requested'\)", LOST_AFTER),
    Mutant(
        "term-before-dead-letter",
        "booking-1",
        dying(f"{KernelFailpoint.DEAD_LETTERING}@booking-cancel-booking", POISONED["booking-cancel-booking"]),
        r"has dead-lettered 0 messages, not 1",
        LOST_AFTER,
    ),
    Mutant(
        "publish-without-outbox",
        "billing-1",
        dying(f"{KernelFailpoint.COMMITTED}@billing-request-refund", REFUNDED),
        LOST_REFUND,
        LOST_AFTER,
    ),
    Mutant(
        "mark-before-publish",
        "booking-1",
        dying(f"{KernelFailpoint.OUTBOX_MARKED}@booking-relay", BOOKED),
        r"the deposit can't be paid",
        LOST_AFTER,
    ),
    Mutant("outbox-by-id", "booking-1", a_commit_that_is_overtaken, r"sent .*, not .*'cancelled'", LOST_AFTER),
    Mutant("check-then-insert", "booking-1", one_slot_without_constraint, r"\d+ bookings of one slot"),
    Mutant("overlap-on-reassign", "booking-1", what_the_model_says, r"slot_taken|not free|places|shown|200, not"),
    Mutant("lost-version-check", "booking-1", what_the_model_says, r"cancel: 200, not version_conflict"),
    Mutant("hold-not-released", "booking-1", what_the_model_says, r"held|slot_taken|places"),
    Mutant(
        "unnamed-on-conflict",
        "booking-1",
        a_request_comes_again_after_its_record_is_gone,
        r"a free slot is refused: slot_taken",
    ),
    Mutant("no-idempotency-record", "booking-1", one_wish_twice, r"one key has made 2 bookings"),
    Mutant("tenant-from-body", "gateway-1", somebody_elses_tenant, r"bookings that it never made"),
    Mutant(
        "webhook-answered-before-stored",
        "gateway-1",
        a_webhook_while_nats_is_down,
        r"\('pending_payment', 'requested'\), not \('confirmed', 'succeeded'\)",
        LOST_AFTER,
    ),
    Mutant(
        "refund-without-key",
        "billing-1",
        dying(f"{BillingFailpoint.REFUND_CREATED}@billing-issue-refund", REFUNDED),
        r"refund.created was asked for under the key",
    ),
    Mutant("payment-moves-back", "billing-1", old_news_of_a_failure, r"a paid deposit is failed"),
    Mutant(
        "message-id-of-the-attempt",
        "notifier-1",
        dying(f"{NotifierFailpoint.MAIL_HANDED_OVER}@notifier-send-messages", BOOKED),
        r"every mail is one that was owed",
    ),
)
