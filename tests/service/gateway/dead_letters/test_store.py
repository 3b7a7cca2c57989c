"""Dead letters as the operator handles them: seen whole, decided on once, written down for good."""

import asyncio
import base64
import itertools
import random
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from shared.clock import utc_now
from shared.contracts.booking.bookings import CreateBooking, Customer
from shared.identifiers import new_id
from shared.messaging.broker import Broker
from shared.messaging.dead_letters import DeadLetter
from tests.service.conftest import ServiceProcess
from tests.service.gateway.conftest import body_of, client_for, command, sellable
from tests.support.databases import system_url
from tests.support.messages import random_name

Send = Callable[..., Awaitable[httpx.Response]]
NewKey = Callable[..., Awaitable[dict[str, Any]]]
Bury = Callable[..., Awaitable[int]]
CREATE = "booking-create-booking"


SEQUENCES = itertools.count(random.randrange(2**40))
"""Places in a stream: a letter has one of its own, across runs as well."""


@pytest.fixture
def bury(broker: Broker, gateway: ServiceProcess) -> Bury:
    """Puts a letter into DEADLETTER as a consumer does; returns its number."""

    async def put(
        payload: bytes, subject: str = "", durable: str = CREATE, headers: dict[str, str] | None = None
    ) -> int:
        letter = DeadLetter(
            durable, subject, "COMMANDS", next(SEQUENCES), 3, "poison", "ValueError: a bug", headers or {}, payload
        )
        await broker.publish(letter.address, payload, letter.message_id, letter.to_headers())
        return int((await broker.js.get_last_msg("DEADLETTER", letter.address)).seq or 0)

    return put


class Shop:
    """A tenant that sells, and requests of its customers that a bug kept from being carried out."""

    def __init__(self, client: httpx.AsyncClient, tenant_id: str, service_id: str) -> None:
        self.client = client
        self.tenant_id = tenant_id
        self.service_id = service_id

    def request(self, days: int) -> CreateBooking:
        """A request for a booking so many days ahead."""
        booking_id = new_id()
        return CreateBooking(
            id=booking_id,
            tenant_id=UUID(self.tenant_id),
            subject_id=booking_id,
            received_at=utc_now(),
            service_id=UUID(self.service_id),
            starts_at=datetime.fromisoformat(command(self.service_id, days)["starts_at"]),
            customer=Customer(name="Ada Lovelace", email="ada@example.org"),
            business_name="Clean & Co",
        )

    async def booking(self, request: CreateBooking) -> int:
        """The status with which the booking is answered for."""
        return (await self.client.get(f"/v1/bookings/{request.id}")).status_code

    async def bookings(self) -> int:
        """How many bookings there are."""
        return len((await self.client.get("/v1/bookings")).json()["bookings"])


@pytest.fixture
async def shop(gateway: ServiceProcess, new_key: NewKey, booking_replicas: list[ServiceProcess]) -> Any:
    key = await new_key()
    async with client_for(gateway, key["key"]) as client:
        service_id, _ = await sellable(client)
        yield Shop(client, key["tenant_id"], service_id)


async def bury_request(bury: Bury, request: CreateBooking) -> int:
    return await bury(request.model_dump_json().encode(), request.subject)


async def test_a_dead_letter_is_shown_whole(operator: Send, bury: Bury) -> None:
    durable = random_name()
    story = {"traceparent": "00-1", "ce-type": "booking.held.v1", "Nats-Msg-Id": "forged", "Status": "100"}
    text = await bury('{"note": "é"}'.encode(), "booking.held.v1.x", durable, story)
    binary = await bury(b"\xff\x00", "booking.held.v1.y", durable)
    empty = await bury(b"", "booking.held.v1.z", durable)
    shown = (await operator("GET", f"/v1/dead-letters/{text}")).json()
    assert shown | {"died_at": "", "sequence": 7} == {
        "number": text, "died_at": "", "durable": durable, "subject": "booking.held.v1.x", "stream": "COMMANDS",
        "sequence": 7, "attempts": 3, "reason": "poison", "error": "ValueError: a bug", "size": 14,
        "headers": {"traceparent": "00-1", "ce-type": "booking.held.v1"},
        "payload": {"encoding": "text", "data": '{"note": "é"}'},
    }  # fmt: skip
    shown = (await operator("GET", f"/v1/dead-letters/{binary}")).json()
    assert base64.b64decode(shown["payload"]["data"]) == b"\xff\x00"
    shown = (await operator("GET", f"/v1/dead-letters/{empty}")).json()
    assert shown["payload"] == {"encoding": "text", "data": ""}


async def test_a_letter_that_none_of_ours_wrote_is_shown_too(operator: Send, broker: Broker) -> None:
    durable = random_name()
    await broker.publish(f"deadletter.{durable}", b"?", random_name(), {"Dead-Attempts": "many", "X-Odd": "1"})
    page = (await operator("GET", f"/v1/dead-letters?durable={durable}")).json()
    (shown,) = page["dead_letters"]
    assert (shown["durable"], shown["reason"], shown["attempts"]) == (durable, "unknown", 0)
    answer = await operator("POST", f"/v1/dead-letters/{shown['number']}/replay")
    assert answer.status_code == 503, "no service of that name answers"
    assert (await operator("POST", f"/v1/dead-letters/{shown['number']}/discard")).status_code == 200


async def test_the_list_is_paged_and_filtered(operator: Send, bury: Bury) -> None:
    durable, other = random_name(), random_name()
    mine = []
    for n in range(5):
        mine.append(await bury(b"%d" % n, durable=durable))
        await bury(b"x", durable=other)
    seen: list[int] = []
    cursor = ""
    for _ in range(3):
        page = (await operator("GET", f"/v1/dead-letters?durable={durable}&limit=2{cursor}")).json()
        assert page["total"] == 5
        seen += [letter["number"] for letter in page["dead_letters"]]
        cursor = f"&cursor={page['next_cursor']}"
    assert page["next_cursor"] is None
    assert seen == mine, "oldest first, each once"
    everything = (await operator("GET", "/v1/dead-letters?limit=100")).json()
    assert everything["total"] >= 10


async def test_a_replayed_message_is_handled_by_its_consumer_once(
    shop: Shop, operator: Send, bury: Bury, broker: Broker
) -> None:
    request = shop.request(3)
    number = await bury_request(bury, request)
    assert await shop.booking(request) == 404
    said = {"reason": "the bug is mended", "by": "Ada"}
    answers = await asyncio.gather(
        *(operator("POST", f"/v1/dead-letters/{number}/replay", json=said) for _ in range(5))
    )
    assert {a.status_code for a in answers} == {200}
    assert await shop.booking(request) == 200
    decisions = [a.json() for a in answers]
    first = decisions[0] | {"repeated": False}
    assert all(d | {"repeated": False} == first for d in decisions), "all are told of one decision"
    assert [d["repeated"] for d in decisions].count(False) == 1
    assert (first["action"], first["actor"], first["reason"]) == ("replayed", "operator (Ada)", said["reason"])
    assert first["details"].startswith(("handled; ", "duplicate; "))
    again = (await operator("POST", f"/v1/dead-letters/{number}/replay")).json()
    assert again == first | {"repeated": True}
    gone = body_of(await operator("GET", f"/v1/dead-letters/{number}"))
    assert gone["code"] == "not_found"
    assert "replayed" in gone["detail"]
    assert body_of(await operator("POST", f"/v1/dead-letters/{number}/discard"))["code"] == "already_replayed"
    same = await bury_request(bury, request)
    twice = (await operator("POST", f"/v1/dead-letters/{same}/replay")).json()
    assert twice["repeated"] is False, "another letter of the same message"
    assert await shop.bookings() == 1, "its row knows the command: no second booking"


async def test_a_message_that_fails_again_stays(operator: Send, bury: Bury, shop: Shop) -> None:
    number = await bury(b"{", f"command.booking.create_booking.v1.{shop.tenant_id}.x")
    for _ in range(2):
        answer = body_of(await operator("POST", f"/v1/dead-letters/{number}/replay"))
        assert (answer["status"], answer["code"]) == (409, "replay_failed")
        assert "breaks the contract of CreateBooking" in answer["detail"]
    assert (await operator("GET", f"/v1/dead-letters/{number}")).status_code == 200
    unknown = await bury(b"{}", "booking.held.v1.x", "booking-no-such-consumer")
    answer = body_of(await operator("POST", f"/v1/dead-letters/{unknown}/replay"))
    assert "no consumer of that name" in answer["detail"]
    odd = await bury(b"{}", "booking.held.v1.x", "booking-create-booking", {})
    assert body_of(await operator("POST", f"/v1/dead-letters/{odd}/replay"))["code"] == "replay_failed"


async def test_a_discarded_message_is_gone_for_good(operator: Send, bury: Bury, shop: Shop) -> None:
    request = shop.request(4)
    number = await bury_request(bury, request)
    first = await operator("POST", f"/v1/dead-letters/{number}/discard", json={"reason": "a test's"})
    again = await operator("POST", f"/v1/dead-letters/{number}/discard", json={"reason": "another"})
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json() | {"repeated": True}
    answer = body_of(await operator("POST", f"/v1/dead-letters/{number}/replay"))
    assert (answer["status"], answer["code"]) == (409, "already_discarded")
    assert await shop.booking(request) == 404


async def test_replaying_while_discarding_decides_once_or_tells_both(operator: Send, bury: Bury, shop: Shop) -> None:
    for day in range(5, 9):
        request = shop.request(day)
        number = await bury_request(bury, request)
        replayed, discarded = await asyncio.gather(
            operator("POST", f"/v1/dead-letters/{number}/replay"),
            operator("POST", f"/v1/dead-letters/{number}/discard"),
        )
        assert {replayed.status_code, discarded.status_code} <= {200, 409}
        assert 200 in (replayed.status_code, discarded.status_code)
        assert await shop.booking(request) == (200 if replayed.status_code == 200 else 404)
        assert (await operator("GET", f"/v1/dead-letters/{number}")).status_code == 404


async def test_many_are_replayed_within_bounds(operator: Send, bury: Bury, shop: Shop) -> None:
    requests = [shop.request(day) for day in range(10, 22)]
    await drain(operator)
    for request in requests:
        await bury_request(bury, request)
    bad = await bury(b"not json", "command.booking.create_booking.v1.x")
    first = (await operator("POST", "/v1/dead-letters/replay", json={"durable": CREATE, "limit": 8})).json()
    assert (first["replayed"], first["failed"], first["remaining"], first["stopped"]) == (8, [], 5, None)
    body = {"durable": CREATE, "after": first["last"]}
    second, third = await asyncio.gather(*(operator("POST", "/v1/dead-letters/replay", json=body) for _ in range(2)))
    if second.status_code == 409:
        second, third = third, second
    assert body_of(third)["code"] == "replay_running"
    done = second.json()
    assert (done["replayed"], done["remaining"]) == (4, 1)
    assert [f["number"] for f in done["failed"]] == [bad]
    assert [await shop.booking(request) for request in requests] == [200] * 12
    await operator("POST", f"/v1/dead-letters/{bad}/discard")


async def drain(operator: Send) -> None:
    """Discard what other tests left for this consumer."""
    page = (await operator("GET", f"/v1/dead-letters?durable={CREATE}&limit=100")).json()
    for letter in page["dead_letters"]:
        assert (await operator("POST", f"/v1/dead-letters/{letter['number']}/discard")).status_code == 200


async def test_a_bulk_replay_stops_when_nothing_is_mended(operator: Send, bury: Bury, shop: Shop) -> None:
    await drain(operator)
    for _ in range(15):
        await bury(b"not json", "command.booking.create_booking.v1.x")
    done = (await operator("POST", "/v1/dead-letters/replay", json={"durable": CREATE})).json()
    assert (done["replayed"], len(done["failed"]), done["remaining"]) == (0, 10, 15)
    assert "10 in a row" in done["stopped"]
    await drain(operator)


async def test_without_its_service_nothing_changes(operator: Send, bury: Bury) -> None:
    number = await bury(b"{}", "billing.payment_requested.v1.x", "notifier-queue-mail")
    answer = body_of(await operator("POST", f"/v1/dead-letters/{number}/replay"))
    assert (answer["status"], answer["code"]) == (503, "unavailable")
    done = (await operator("POST", "/v1/dead-letters/replay", json={"durable": "notifier-queue-mail"})).json()
    assert (done["replayed"], done["failed"]) == (0, [])
    assert "nobody answers" in done["stopped"]
    assert (await operator("GET", f"/v1/dead-letters/{number}")).status_code == 200
    await operator("POST", f"/v1/dead-letters/{number}/discard")


@pytest.mark.parametrize(
    "number",
    [
        "0",
        "-1",
        "1e3",
        "%2e%2e",
        "..%2f..%2fetc%2fpasswd",
        "1%00",
        "9" * 19,
        "9" * 400,
        "x",
        "%F0%9F%90%8C",
        "99999999",
    ],
)
async def test_odd_numbers_are_not_found(operator: Send, number: str) -> None:
    for method, path in (("GET", ""), ("POST", "/replay"), ("POST", "/discard")):
        answer = await operator(method, f"/v1/dead-letters/{number}{path}")
        assert body_of(answer)["code"] == "not_found", answer.text


@pytest.mark.parametrize("durable", ["../../x", "", "*", ">", "a.b", "a b", "%0a", "x" * 65, "ü"])
async def test_odd_names_are_refused(operator: Send, durable: str) -> None:
    assert body_of(await operator("GET", f"/v1/dead-letters?durable={durable}"))["code"] == "validation_error"
    answer = await operator("POST", "/v1/dead-letters/replay", json={"durable": durable})
    assert body_of(answer)["code"] == "validation_error"


@pytest.mark.parametrize(
    "body", [{"limit": 0}, {"limit": 501}, {"limit": "9"}, {"after": -1}, {"mode": "x"}, {"by": ""}]
)
async def test_odd_bodies_are_refused(operator: Send, body: dict[str, Any]) -> None:
    answer = await operator("POST", "/v1/dead-letters/replay", json={"durable": CREATE} | body)
    assert body_of(answer)["code"] == "validation_error"


async def test_odd_cursors_are_refused(operator: Send) -> None:
    for cursor in ("0", "-1", "x", "1.5", "9" * 30, "..%2f"):
        assert body_of(await operator("GET", f"/v1/dead-letters?cursor={cursor}"))["code"] == "invalid_cursor"


async def test_only_the_operator_may(http: httpx.AsyncClient, api: httpx.AsyncClient, bury: Bury) -> None:
    number = await bury(b"{}")
    for method, path in (
        ("GET", "/v1/dead-letters"),
        ("GET", f"/v1/dead-letters/{number}"),
        ("POST", f"/v1/dead-letters/{number}/replay"),
        ("POST", f"/v1/dead-letters/{number}/discard"),
        ("POST", "/v1/dead-letters/replay"),
    ):
        assert (await http.request(method, path)).status_code == 401
        assert (await api.request(method, path)).status_code == 403, "a tenant's key"


async def test_everything_done_is_written_down_for_good(
    operator: Send, bury: Bury, database_urls: dict[str, str], shop: Shop
) -> None:
    failing, good = await bury(b"{"), await bury_request(bury, shop.request(30))
    await operator("POST", f"/v1/dead-letters/{failing}/replay", json={"by": "Ada"})
    answer = await operator("POST", f"/v1/dead-letters/{failing}/discard", json={"reason": "hopeless"})
    await operator("POST", f"/v1/dead-letters/{good}/replay")
    connection = await asyncpg.connect(system_url(database_urls["gateway"]))
    rows = await connection.fetch(
        "SELECT actor, action, reason, request_id, details FROM gateway.audit_log"
        " WHERE object LIKE $1 OR object LIKE $2 ORDER BY recorded_at",
        f"dead_letter/{failing}/%",
        f"dead_letter/{good}/%",
    )
    assert [(r["actor"], r["action"], r["reason"]) for r in rows] == [
        ("operator (Ada)", "dead_letter.replay_failed", ""),
        ("operator", "dead_letter.discarded", "hopeless"),
        ("operator", "dead_letter.replayed", ""),
    ]
    assert str(rows[1]["request_id"]) == answer.headers["x-request-id"]
    for statement in ("UPDATE gateway.audit_log SET actor = 'nobody'", "DELETE FROM gateway.audit_log"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    await connection.close()
