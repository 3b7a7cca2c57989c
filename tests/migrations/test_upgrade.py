"""Databases that the code before the commands has left behind, in the middle of its work, are carried on by today's."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg
import httpx
import pytest

from devstack.stack import Stack
from shared.zones import ZONES, zone_of
from tests.migrations.restoring import Dump, Json, Table, census
from tests.support.client import Api, in_days
from tests.support.eventually import eventually
from tests.support.stack import throwaway_stack
from tests.system.conftest import Outside, payable, reaches

DUMP = "before_commands"
RENAMED = {"booking.requests": "booking.commands"}
RENAMED_COLUMNS = {"billing.stripe_events": {"payment_intent_id": "about"}}
REWRITTEN = {
    "booking.requests": {"type", "outcome"},
    "booking.bookings": {"occupied"},
    "booking.resources": {"time_zone"},
    "gateway.api_keys": {"scopes"},
}
"""Columns whose values a migration translates."""
FILES_AS_ZONES = {
    "right/Europe/Paris": "Europe/Paris",
    "posix/Asia/Tokyo": "Asia/Tokyo",
    "localtime": "UTC",
    "posixrules": "America/New_York",
}
"""What opened as a zone, and the zone that it is taken for."""
DECIDED = ["plain service", "confirmed", "moved", "cancelled", "paid", "published-not-marked", "not-published"]
"""What was done under an Idempotency-Key; of the last two, the caller may not have heard."""


@dataclass(frozen=True)
class Upgrade:
    """Today's services on yesterday's data."""

    stack: Stack
    facts: Json
    before: dict[str, Table]
    migrated: dict[str, Table]

    def booking_id(self, story: str) -> str:
        """The booking of a story (`dumping.Stories`): its customer has its name."""
        email = f"{story}@customer.example"
        [found] = [row for row in self.before["booking.bookings"].rows if row["customer_email"] == email]
        return str(found["id"])


@pytest.fixture(scope="module")
async def upgrade() -> AsyncIterator[Upgrade]:
    dump = Dump(DUMP)
    stack = throwaway_stack()
    dump.remind_stripe(stack)
    try:
        await asyncio.to_thread(stack.servers.start)
        await dump.restore(stack)
        await what_the_dump_lacks(stack)
        before = await census(stack.servers.postgres.url)
        await asyncio.to_thread(stack.deploy)
        migrated = await census(stack.servers.postgres.url)
        await asyncio.to_thread(stack.start_services)
        yield Upgrade(stack, dump.facts, before, migrated)
    finally:
        await asyncio.to_thread(stack.stop)
        stack.servers.remove_data()


async def what_the_dump_lacks(stack: Stack) -> None:
    """What else earlier releases allowed: an appointment in the buffer of a completed one, and files as zones."""
    connection = await asyncpg.connect(stack.servers.postgres.url)
    try:
        # A copy of each row, with a few values of its own.
        await connection.execute(
            """
            INSERT INTO booking.bookings
            SELECT (json_populate_record(b, json_build_object('id', gen_random_uuid(), 'customer_email', $1::text))).*
            FROM booking.bookings b WHERE customer_email = $2
            """,
            "met@customer.example",
            "completed@customer.example",
        )
        for name in FILES_AS_ZONES:
            await connection.execute(
                """
                INSERT INTO booking.resources
                SELECT (json_populate_record(r, json_build_object('id', gen_random_uuid(), 'name', $1::text,
                                                                  'time_zone', $1::text))).*
                FROM booking.resources r LIMIT 1
                """,
                name,
            )
    finally:
        await connection.close()


@pytest.fixture
async def http(upgrade: Upgrade) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=upgrade.stack.api_url, timeout=40, trust_env=False) as client:
        yield client


@pytest.fixture
def api(upgrade: Upgrade, http: httpx.AsyncClient) -> Api:
    """The tenant of before, with its key."""
    return Api(http, upgrade.facts["api_key"])


@pytest.fixture
async def outside(upgrade: Upgrade) -> AsyncIterator[Outside]:
    outside = Outside(upgrade.stack.servers)
    yield outside
    await outside.stripe.aclose()
    await outside.inbox.aclose()


@pytest.fixture
async def database(upgrade: Upgrade) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(upgrade.stack.servers.postgres.url)
    yield connection
    await connection.close()


def test_the_dump_has_life_in_it(upgrade: Upgrade) -> None:
    before = upgrade.before
    assert set(before["booking.bookings"].by_status) == {
        "pending_payment",
        "confirmed",
        "cancelled",
        "expired",
        "completed",
    }
    assert set(before["billing.payments"].by_status) == {"requested", "succeeded", "refunded", "canceled"}
    assert set(before["notifier.messages"].by_status) >= {"planned", "queued", "sent"}
    assert before["billing.stripe_events"].by_status["parked"]
    assert before["billing.refunds"].rows
    assert sum(row["published_at"] is None for row in before["booking.outbox"].rows) == 2
    assert any(row["outcome"] for row in before["booking.requests"].rows)


def test_migrations_keep_every_row_and_every_value(upgrade: Upgrade) -> None:
    for name, old in upgrade.before.items():
        new = upgrade.migrated[RENAMED.get(name, name)]
        assert new.by_status == old.by_status, name
        names = RENAMED_COLUMNS.get(name, {})
        there = new.by_key(old.key)
        assert set(there) == set(old.by_key(old.key)), name
        for key, row in old.by_key(old.key).items():
            now = there[key]
            for column in set(row) - REWRITTEN.get(name, set()):
                assert now.get(names.get(column, column), now.get(column)) == row[column], f"{name}.{column}"


def test_what_met_a_completed_appointment_is_let_be(upgrade: Upgrade) -> None:
    places = {row["owner_id"]: row for row in upgrade.migrated["booking.allocations"].rows}
    without = {row["customer_email"] for row in upgrade.before["booking.bookings"].rows if row["id"] not in places}
    assert without == {"met@customer.example", "completed@customer.example"}
    for row in upgrade.before["booking.bookings"].rows:
        if place := places.get(row["id"]):
            begins, ends = (datetime.fromisoformat(part.strip('"')) for part in row["occupied"][1:-1].split(","))
            assert datetime.fromisoformat(place["busy_from"]) == begins
            assert datetime.fromisoformat(place["busy_until"]) == ends
            assert place["resource_id"] == row["resource_id"]


def test_zones_are_names(upgrade: Upgrade) -> None:
    zones = {row["name"]: row["time_zone"] for row in upgrade.migrated["booking.resources"].rows}
    assert {name: zones[name] for name in FILES_AS_ZONES} == FILES_AS_ZONES
    assert set(zones.values()) <= ZONES


def test_of_what_is_to_come_the_local_time_is_kept(upgrade: Upgrade) -> None:
    rows = upgrade.migrated["booking.bookings"].rows
    kept = {row["customer_email"].partition("@")[0]: row for row in rows if row["agreed_local_start"]}
    assert {"confirmed", "moved", "paid", "held"} <= set(kept)
    assert not {"completed", "cancelled", "expired", "refunded"} & set(kept)
    for row in kept.values():
        starts_at = datetime.fromisoformat(row["starts_at"]).astimezone(zone_of(row["time_zone"]))
        assert datetime.fromisoformat(row["agreed_local_start"]) == starts_at.replace(tzinfo=None)


async def test_the_old_keys_show_what_is_theirs(upgrade: Upgrade, api: Api, http: httpx.AsyncClient) -> None:
    rows = upgrade.before["booking.bookings"].rows
    tenants = {row["id"]: row["tenant_id"] for row in rows}
    mine = tenants[upgrade.booking_id("confirmed")]
    seen = [booking["id"] async for booking in _listed(api)]
    assert sorted(seen) == sorted(booking for booking, tenant in tenants.items() if tenant == mine)
    others = [booking["id"] async for booking in _listed(Api(http, upgrade.facts["other_api_key"]))]
    assert others == [upgrade.booking_id("of-another-tenant")]


async def _listed(api: Api) -> AsyncIterator[Json]:
    cursor: dict[str, str] = {}
    while True:
        page = await api.get("/v1/bookings", limit=5, **cursor)
        assert page.status_code == 200, page.text
        for booking in page.json()["bookings"]:
            yield booking
        if not page.json()["next_cursor"]:
            return
        cursor = {"cursor": page.json()["next_cursor"]}


async def test_the_operator_finds_tenants_and_keys(upgrade: Upgrade, http: httpx.AsyncClient) -> None:
    operator = {"Authorization": f"Bearer {upgrade.stack.credentials.operator_api_key}"}
    for path, table in (("/v1/tenants", "gateway.tenants"), ("/v1/api-keys", "gateway.api_keys")):
        page = await http.get(path, headers=operator)
        assert page.status_code == 200, page.text
        [things] = [value for value in page.json().values() if isinstance(value, list)]
        assert {thing["id"] for thing in things} == {row["id"] for row in upgrade.before[table].rows}


@pytest.mark.parametrize("name", DECIDED)
async def test_a_repeated_command_has_its_first_answer(upgrade: Upgrade, api: Api, name: str) -> None:
    request = upgrade.facts["requests"][name]
    again = await _repeat(api, request)
    assert again.status_code == request["status"], again.text
    assert again.headers["Idempotent-Replayed"] == "true"
    expected = request["answer"]["id"] if "answer" in request else upgrade.booking_id(name)
    assert again.json()["id"] == expected
    answer = again.json()
    if "version" in answer:  # what had none yet is at its first
        assert again.headers["ETag"] == f'"{answer["version"]}"'
        assert answer["version"] == request.get("answer", answer).get("version", 1)
    for member in ("status", "metadata"):
        assert answer.get(member) == request.get("answer", answer).get(member)


@pytest.mark.parametrize("name", DECIDED)
async def test_the_same_key_for_something_else_is_refused(upgrade: Upgrade, api: Api, name: str) -> None:
    request = upgrade.facts["requests"][name]
    other = {**request, "body": {**request["body"], **_otherwise(request["body"])}}
    answer = await _repeat(api, other)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")


def _otherwise(body: Json) -> Json:
    """One member of a body, changed."""
    if "starts_at" in body:
        return {"starts_at": in_days(20).isoformat()}
    return {"name": "Another name"} if "name" in body else {"reason": "Another reason"}


async def test_what_was_refused_is_refused_again_alike(upgrade: Upgrade, api: Api) -> None:
    request = upgrade.facts["requests"]["refused"]
    again = await _repeat(api, request)
    assert again.status_code == 409
    assert again.headers["Idempotent-Replayed"] == "true"
    told = again.json()
    for member in ("title", "status", "detail", "code"):
        assert told[member] == request["answer"][member]
    assert told["type"] == f"/problems/{told['code']}"  # an address since; a name before
    assert len(told["alternatives"]) == len(request["answer"]["alternatives"])


async def _repeat(api: Api, request: Json) -> httpx.Response:
    return await api.post(request["path"], request["body"], Idempotency_Key=f'"{request["key"]}"')


async def test_an_occupied_slot_is_taken_and_a_free_one_is_not(upgrade: Upgrade, api: Api) -> None:
    for story in ("confirmed", "held", "not-published"):
        occupied = await api.booking(upgrade.booking_id(story))
        assert (await _book_like(api, occupied, occupied["starts_at"])).status_code == 409
    for story in ("cancelled", "refunded", "expired"):
        free = await api.booking(upgrade.booking_id(story))
        assert (await _book_like(api, free, free["starts_at"])).status_code == 201


async def _book_like(api: Api, booking: Json, starts_at: str) -> httpx.Response:
    body = {name: booking[name] for name in ("service_id", "resource_id")}
    body |= {"starts_at": starts_at, "customer": {"name": "Charles", "email": "charles@customer.example"}}
    return await api.post("/v1/bookings", body)


async def test_what_was_over_stays_as_it_was(upgrade: Upgrade, api: Api) -> None:
    for story in ("completed", "expired", "cancelled"):
        assert (await api.booking(upgrade.booking_id(story)))["status"] == story
    assert (await api.booking(upgrade.booking_id("refunded")))["deposit"]["status"] == "refunded"
    assert (await api.payment(upgrade.booking_id("refunded")))["status"] == "refunded"


async def test_a_held_booking_is_paid_and_confirmed(upgrade: Upgrade, api: Api, outside: Outside) -> None:
    booking_id = upgrade.booking_id("held")
    [old] = [row for row in upgrade.before["billing.payments"].rows if row["booking_id"] == booking_id]
    assert await payable(api, booking_id) == old["payment_intent_id"]
    paid = await outside.pay(old["payment_intent_id"])
    assert paid.is_success, paid.text
    await reaches(api, booking_id, "confirmed")
    await eventually(lambda: _subjects(outside, "held", "Payment received"))


async def test_a_hold_that_ran_out_meanwhile_expires(upgrade: Upgrade, api: Api, outside: Outside) -> None:
    booking_id = upgrade.booking_id("unpaid")
    await reaches(api, booking_id, "expired")

    async def canceled() -> bool:
        return bool((await api.payment(booking_id))["status"] == "canceled")

    await eventually(canceled)
    [old] = [row for row in upgrade.before["billing.payments"].rows if row["booking_id"] == booking_id]
    refused = await outside.pay(old["payment_intent_id"])
    assert refused.status_code == 400


async def test_an_appointment_that_ended_meanwhile_is_completed(upgrade: Upgrade, api: Api) -> None:
    await reaches(api, upgrade.booking_id("over-soon"), "completed")


async def test_a_confirmed_booking_is_moved_and_cancelled(upgrade: Upgrade, api: Api, outside: Outside) -> None:
    booking = await api.booking(upgrade.booking_id("without-key"))
    path = f"/v1/bookings/{booking['id']}"
    to = {"starts_at": in_days(30).isoformat()}
    moved = await api.post(f"{path}/reschedule", to, If_Match=f'"{booking["version"]}"')
    assert (moved.status_code, moved.json()["version"]) == (200, booking["version"] + 1), moved.text
    await eventually(lambda: _subjects(outside, "without-key", "Moved"))
    assert (await _book_like(api, booking, booking["starts_at"])).status_code == 201
    cancelled = await api.post(f"{path}/cancel", {"reason": "The cat tidied up"})
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled"), cancelled.text
    await eventually(lambda: _subjects(outside, "without-key", "Cancelled"))


async def test_a_deposit_paid_before_goes_back(upgrade: Upgrade, api: Api, outside: Outside) -> None:
    booking_id = upgrade.booking_id("paid")
    cancelled = await api.post(f"/v1/bookings/{booking_id}/cancel", {"reason": "Illness"})
    assert cancelled.status_code == 200, cancelled.text

    async def refunded() -> bool:
        return bool((await api.payment(booking_id))["status"] == "refunded")

    await eventually(refunded, within=20)
    assert (await outside.summary())["refunds_by_booking"][booking_id] == 1
    await eventually(lambda: _subjects(outside, "paid", "Refund"))


async def test_a_mail_that_waited_arrives_once(upgrade: Upgrade, outside: Outside) -> None:
    assert await eventually(lambda: _subjects(outside, "mail-waits", ""), within=20)
    assert len(await outside.mails("mail-waits@customer.example")) == 1


async def test_an_event_that_was_not_published_takes_its_course(upgrade: Upgrade, api: Api, outside: Outside) -> None:
    booking_id = upgrade.booking_id("not-published")
    paid = await outside.pay(await payable(api, booking_id))
    assert paid.is_success, paid.text
    await reaches(api, booking_id, "confirmed")
    await eventually(lambda: _subjects(outside, "not-published", "Confirmed"))


async def test_an_event_that_comes_again_does_nothing_again(
    upgrade: Upgrade, outside: Outside, database: asyncpg.Connection
) -> None:
    [waiting] = [
        row["id"]
        for row in upgrade.before["booking.outbox"].rows
        if row["published_at"] is None and upgrade.booking_id("published-not-marked") in row["payload"]
    ]
    published = "SELECT published_at IS NOT NULL FROM booking.outbox WHERE id = $1"
    await eventually(lambda: database.fetchval(published, waiting), within=20)
    await eventually(lambda: _subjects(outside, "published-not-marked", "Confirmed"))
    messages = [row for row in upgrade.before["notifier.messages"].rows if row["recipient"].startswith("published-")]
    count = "SELECT count(*) FROM notifier.messages WHERE recipient = 'published-not-marked@customer.example'"
    assert await database.fetchval(count) == len(messages)
    assert len(await outside.mails("published-not-marked@customer.example")) == 1


async def test_a_parked_event_is_tried_again_and_waits(upgrade: Upgrade, database: asyncpg.Connection) -> None:
    [parked] = [row for row in upgrade.before["billing.stripe_events"].rows if row["state"] == "parked"]

    async def tried_again() -> bool:
        query = "SELECT state, attempts FROM billing.stripe_events WHERE event_id = $1"
        row = await database.fetchrow(query, parked["event_id"])
        return bool(row["state"] == "parked" and row["attempts"] > parked["attempts"])

    await eventually(tried_again, within=20)


async def test_reminders_stay_planned_for_their_times(upgrade: Upgrade, database: asyncpg.Connection) -> None:
    booking_id = upgrade.booking_id("to-be-reminded")
    messages = upgrade.before["notifier.messages"].rows
    before = [row for row in messages if row["booking_id"] == booking_id and row["status"] == "planned"]
    assert len(before) == 2
    query = "SELECT send_at FROM notifier.messages WHERE booking_id = $1 AND status = 'planned'"
    now = {row["send_at"] for row in await database.fetch(query, booking_id)}
    assert now == {datetime.fromisoformat(row["send_at"]) for row in before}


async def test_in_the_end_nothing_is_gone_and_nothing_waits_to_be_published(upgrade: Upgrade) -> None:
    url = upgrade.stack.servers.postgres.url

    async def everything_published() -> dict[str, Table] | None:
        tables = await census(url)
        rows = [row for name, table in tables.items() if name.endswith(".outbox") for row in table.rows]
        return tables if all(row["published_at"] for row in rows) else None

    now = await eventually(everything_published, within=20)
    assert now
    for name, old in upgrade.before.items():
        assert set(old.by_key(old.key)) <= set(now[RENAMED.get(name, name)].by_key(old.key)), name


async def _subjects(outside: Outside, story: str, beginning: str) -> list[Any]:
    mails = await outside.mails(f"{story}@customer.example")
    return [mail["subject"] for mail in mails if mail["subject"].startswith(beginning)]
