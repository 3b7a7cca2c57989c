"""Which pages may call the API."""

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from gateway.http.cross_origin import allow_origins

SHOP = "https://shop.example"


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse(Request(scope).method, headers={"ETag": '"1"'})(scope, receive, send)


def client(*origins: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=allow_origins(app, origins))
    return httpx.AsyncClient(transport=transport, base_url="http://gateway")


PREFLIGHT = {
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,content-type,idempotency-key,if-match",
}


@pytest.mark.parametrize(
    ("origins", "origin", "allowed"),
    [((SHOP,), SHOP, SHOP), ((SHOP,), "https://evil.example", None), (("*",), "https://any.example", "*")],
)
async def test_pages_of_these_origins(origins: tuple[str, ...], origin: str, allowed: str | None) -> None:
    async with client(*origins) as http:
        asked = await http.options("/v1/bookings", headers={"Origin": origin} | PREFLIGHT)
        assert asked.headers.get("access-control-allow-origin") == allowed
        assert asked.status_code == (200 if allowed else 400)
        answer = await http.get("/v1/bookings", headers={"Origin": origin})
        assert answer.headers.get("access-control-allow-origin") == allowed
        assert "access-control-allow-credentials" not in answer.headers
        if allowed:
            assert "ETag" in answer.headers["access-control-expose-headers"]


async def test_nobody_unless_a_setting_says_so() -> None:
    assert allow_origins(app, ()) is app
