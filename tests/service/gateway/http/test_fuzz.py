"""Whatever stands in a header or a cursor: an answer that means something, never a 500."""

import base64
import json
import random
import string
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator

import httpx

from shared.persistence.paging import encode_cursor
from tests.service.gateway.conftest import body_of, somewhere

TRIES = 2_000
HEADERS = (
    "Content-Type", "Idempotency-Key", "Prefer", "If-Match", "Accept", "Accept-Encoding", "Content-Encoding", "Range",
    "Authorization", "Cookie", "X-Request-Id", "Forwarded", "Origin", "Stripe-Signature", "Traceparent", "Expect",
)  # fmt: skip
PIECES = (
    "application/json", "charset", "charset*", "charset*0", "charset*0*", "utf-8", "utf-16''x", "''", "=", ";", ",",
    '"', "multipart/form-data",
    "\\", "wait", "respond-async", "1", "-1", "1e9", "9" * 400, "W/", "*", "Bearer", "tb_live_", "t=", "v1=", "%00",
    "\t", " ", "é", "\x7f", "\xff", "(", ")", "<", ">", "@", "100-continue", "gzip", "bytes=0-", "boundary",
)  # fmt: skip
PATHS = ("/v1/bookings", "/v1/services", "/v1/resources", "/v1/bookings/{id}/cancel", "/v1/bookings/{id}/reschedule")
MOMENTS = (
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00", "9999-12-31T23:59:59.999999+00:00",
    "2026-13-01T00:00:00Z", "-1", "", "NaN", "2026-11-26", "10000-01-01T00:00:00Z", "\x00", "infinity",
)  # fmt: skip


def values(chance: random.Random) -> Iterator[bytes]:
    """Values of headers, half of them put together of what parsers look for."""
    while True:
        if chance.random() < 0.5:
            text = "".join(chance.choices(PIECES, k=chance.randint(1, 8)))
        else:
            text = "".join(chance.choices(string.printable[:95] + "é\xa0\xff", k=chance.randint(0, 60)))
        yield text.encode("latin-1").strip()


def cursors(chance: random.Random, scope: str) -> Iterator[str]:
    """Cursors: of the right check over a wrong place, of the wrong check, of another form."""
    while True:
        moment = chance.choice(MOMENTS)
        identifier = chance.choice((somewhere(), "x", "", "0" * 32, "{" + somewhere() + "}"))
        whole = encode_cursor(scope, moment, identifier)
        yield chance.choice(
            (
                whole,
                encode_cursor(scope, *(moment for _ in range(chance.randint(0, 4)))),
                encode_cursor("another", moment, identifier),
                whole[: chance.randint(0, len(whole))],
                whole + chance.choice("=A\x00é"),
                base64.urlsafe_b64encode(chance.randbytes(chance.randint(0, 80))).decode(),
                base64.urlsafe_b64encode(json.dumps([moment, identifier]).encode()).decode(),
            )
        )


async def test_no_header_makes_a_500(api: httpx.AsyncClient) -> None:
    chance = random.Random(7)
    found = values(chance)
    seen: Counter[int] = Counter()
    for _ in range(TRIES):
        path = chance.choice(PATHS).format(id=somewhere())
        headers: list[tuple[bytes, bytes]] = [(b"Content-Type", b"application/json")] * (chance.random() < 0.5)
        headers += [(chance.choice(HEADERS).encode(), next(found)) for _ in range(chance.randint(1, 3))]
        answer = await api.post(path, content=b'{"unheard_of": 1}', headers=headers)
        seen[answer.status_code] += 1
        assert answer.status_code < 500, (path, headers, answer.text)
        if answer.status_code >= 400 and answer.text != "Invalid HTTP request received.":
            body_of(answer)
    assert len(seen) >= 4, seen


async def test_no_cursor_makes_a_500(operator: Callable[..., Awaitable[httpx.Response]]) -> None:
    chance = random.Random(8)
    made_up = {"/v1/tenants": cursors(chance, "tenants"), "/v1/api-keys": cursors(chance, "api_keys.*")}
    seen: Counter[int] = Counter()
    for _ in range(TRIES // 2):
        path = chance.choice(tuple(made_up))
        answer = await operator("GET", path, params={"cursor": next(made_up[path])})
        seen[answer.status_code] += 1
        if answer.status_code != 200:
            assert answer.status_code in (400, 422), answer.text
            body_of(answer)
    assert seen[400] > TRIES // 4, seen
