"""Whatever lies on a stream, a consumer settles it and handles what comes after: one test for each kind of nonsense."""

import json
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from nats.js.errors import NotFoundError

from shared.clock import utc_now
from shared.messaging.broker import Broker
from shared.messaging.handlers import Handler
from tests.support.kernel import Kernel, consuming, handler_of, send, settled
from tests.support.messages import Noted, event_type, random_name


async def put(wire: Broker, subject: bytes, payload: bytes = b"", headers: bytes = b"NATS/1.0\r\n\r\n") -> None:
    """Publish bytes that no client of ours would: any subject, any headers, beside the id that ours all have."""
    first, rest = headers.split(b"\r\n", 1) if b"\r\n" in headers else (b"NATS/1.0", b"\r\n")
    headers = b"%s\r\nNats-Msg-Id: %s\r\n%s" % (first, random_name().encode(), rest)
    whole = len(headers) + len(payload)
    await wire.client._send_command(b"HPUB %s %d %d\r\n%s%s\r\n" % (subject, len(headers), whole, headers, payload))
    await wire.client.flush()


async def dead(wire: Broker, handler: Handler) -> int:
    info = await wire.js.stream_info("DEADLETTER", subjects_filter=f"deadletter.{handler.durable}")
    return sum((info.state.subjects or {}).values())


def body(event: Noted, **changes: object) -> bytes:
    return json.dumps({**json.loads(event.model_dump_json()), **changes}).encode()


HEADERS = {
    "none": b"NATS/1.0\r\n\r\n",
    "unknown": b"NATS/1.0\r\nX-Odd: 1\r\nce-type: forged\r\nce-specversion: 9\r\n\r\n",
    "a name with blanks": b"NATS/1.0\r\nodd name : 1\r\n\r\n",
    "bytes beyond UTF-8": b"NATS/1.0\r\nX: \xff\xfe\r\n\xff: x\r\n\r\n",
    "no end": b"NATS/1.0\r\nX",
    "no version": b"X: 1\r\n\r\n",
    "a newline alone": b"NATS/1.0\r\nX: a\nb: c\r\n\r\n",
    "two of a name": b"NATS/1.0\r\nX: 1\r\nX: 2\r\n\r\n",
    "a heartbeat's status": b"NATS/1.0 100 Idle Heartbeat\r\n\r\n",
    "the end of a pull": b"NATS/1.0 409 Consumer Deleted\r\n\r\n",
    "a status header": b"NATS/1.0\r\nStatus: 100\r\n\r\n",
    "a status beyond UTF-8": b"NATS/1.0 \xff\xff\xff\r\n\r\n",
    "a status without a number": b"NATS/1.0 abc\r\n\r\n",
    "16 KiB": b"NATS/1.0\r\nX: " + b"x" * 16_000 + b"\r\n\r\n",
}


FOREIGN = {"unknown", "a status header", "no version"}
"""Another type's, the server's own, and what is read as no header at all: none of our publishers writes such."""


@pytest.mark.parametrize("name", HEADERS)
@pytest.mark.parametrize("empty", [True, False], ids=["empty", "sound"])
async def test_odd_headers(kernel: Kernel, wire: Broker, name: str, empty: bool) -> None:
    headers = HEADERS[name]
    kind = event_type()
    handler = handler_of(kind)
    odd, after = (kind(tenant_id=uuid4()) for _ in range(2))
    await put(wire, odd.subject.encode(), b"" if empty else body(odd), headers)
    await send(wire, after)
    async with consuming(wire, handler, kernel.runner()):
        await settled(wire, handler)
        await wire.check()
    assert await kernel.effects(after.id) == 1
    foreign = name in FOREIGN
    assert await kernel.effects(odd.id) == (0 if empty or foreign else 1), "headers carry nothing a function needs"
    assert await dead(wire, handler) == (1 if empty and not foreign else 0)


SUBJECTS = {
    "bytes beyond UTF-8": b"\xff\xfe",
    "a letter beyond ASCII": "é".encode(),
    "wildcards' look-alikes": b"a*b.c>d",
    "dots encoded": b"%2e%2e.%2e%2e",
    "too long for ours": b"x" * 2_000,
    "many tokens": b".".join([b"x"] * 30),
    "another tenant": str(uuid4()).encode(),
}


@pytest.mark.parametrize("tail", SUBJECTS.values(), ids=SUBJECTS)
async def test_odd_subjects(kernel: Kernel, wire: Broker, tail: bytes) -> None:
    kind = event_type()
    handler = handler_of(kind)
    odd, after = (kind(tenant_id=uuid4()) for _ in range(2))
    await put(wire, f"{kind.TYPE}.".encode() + tail, body(odd))
    await send(wire, after)
    async with consuming(wire, handler, kernel.runner()):
        await settled(wire, handler)
        await wire.check()
    assert await kernel.effects_of([odd, after]) == [0, 1]
    assert await dead(wire, handler) == 1, "its tenant is not the subject's"


BODIES: dict[str, tuple[Callable[[Noted], bytes], bool]] = {
    "a future timestamp": (lambda e: body(e, occurred_at=(utc_now() + timedelta(days=9000)).isoformat()), True),
    "a timestamp beyond dates": (lambda e: body(e, occurred_at="99999-01-01T00:00:00Z"), False),
    "a member unknown": (lambda e: body(e, colour="red"), True),
    "a member missing": (lambda e: json.dumps({"id": str(e.id)}).encode(), False),
    "a number for a text": (lambda e: body(e, note=2**70), False),
    "a lone surrogate": (lambda e: body(e).replace(b'"note": ""', b'"note": "\\ud800"'), False),
    "a name twice": (lambda e: body(e)[:-1] + b', "note": "again"}', True),
    "a byte order mark": (lambda e: b"\xef\xbb\xbf" + body(e), False),
    "UTF-16": (lambda e: body(e).decode().encode("utf-16"), False),
    "depth": (lambda _: b"[" * 100_000, False),
    "not a number": (lambda e: body(e, note="x").replace(b'"x"', b"NaN"), False),
    "another tenant's": (lambda e: body(e, tenant_id=str(uuid4())), False),
    "a list": (lambda e: b"[" + body(e) + b"]", False),
}


@pytest.mark.parametrize(("make", "sound"), BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("batch", [False, True], ids=["alone", "in a batch"])
async def test_odd_bodies(
    kernel: Kernel, wire: Broker, make: Callable[[Noted], bytes], sound: bool, batch: bool
) -> None:
    kind = event_type()
    handler = handler_of(kind, concurrency=1)
    odd, after = (kind(tenant_id=uuid4()) for _ in range(2))
    await put(wire, odd.subject.encode(), make(odd))
    if batch:
        await put(wire, odd.subject.encode(), make(odd))
    await send(wire, after)
    async with consuming(wire, handler, kernel.runner()):
        await settled(wire, handler)
    assert await kernel.effects_of([odd, after]) == [1 if sound else 0, 1]
    assert await dead(wire, handler) == (0 if sound else 1 + batch)


@pytest.mark.parametrize("version", ["v0", "v2", "v10"])
async def test_another_major_version_is_left_to_those_who_know_it(kernel: Kernel, wire: Broker, version: str) -> None:
    kind = event_type()
    handler = handler_of(kind)
    odd, after = (kind(tenant_id=uuid4()) for _ in range(2))
    subject = odd.subject.replace(".v1.", f".{version}.")
    await put(wire, subject.encode(), body(odd))
    await send(wire, after)
    async with consuming(wire, handler, kernel.runner()):
        await settled(wire, handler)
    assert await kernel.effects_of([odd, after]) == [0, 1]
    kept = await wire.js.get_last_msg("BOOKING", subject)
    assert kept.data == body(odd), "it stays on its stream, for a release that reads it"


async def test_a_forged_advisory_moves_nobody(kernel: Kernel, wire: Broker) -> None:
    kind = event_type()
    handler = handler_of(kind)
    (event,) = [kind(tenant_id=uuid4())]
    await send(wire, event)
    forged = {"stream": handler.stream, "consumer": handler.durable, "stream_seq": 1, "deliveries": 99}
    for name in ("MAX_DELIVERIES", "MSG_TERMINATED"):
        subject = f"$JS.EVENT.ADVISORY.CONSUMER.{name}.{handler.stream}.{handler.durable}"
        await wire.client.publish(subject, json.dumps(forged).encode())
    async with consuming(wire, handler, kernel.runner()):
        await settled(wire, handler)
    assert await kernel.effects(event.id) == 1
    with pytest.raises(NotFoundError):
        await wire.js.get_last_msg("DEADLETTER", f"deadletter.{handler.durable}")
