"""The page `/docs`: whole without a way to the internet."""

import re

import httpx

from gateway.http.documentation import ASSETS


async def test_the_page_needs_nothing_from_elsewhere(http: httpx.AsyncClient) -> None:
    page = await http.get("/docs")
    assert page.status_code == 200
    named = re.findall(r'(?:src|href)="([^"]*)"', page.text)
    assert len(named) == 4
    for address in named:
        assert address.startswith("/docs/"), address
        part = await http.get(address)
        assert (part.status_code, part.headers["vary"]) == (200, "Accept-Encoding"), address
        assert part.headers["content-encoding"] == "gzip"
        assert len(part.content) > 100
    assert "<script>" not in page.text
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "http" not in policy
    script = re.search(r"script-src ([^;]*)", policy)
    assert script
    assert script[1] == "'self'", "no script but ours, and none within the page"


async def test_the_parts_are_what_they_are_called(http: httpx.AsyncClient) -> None:
    for name, media_type in ASSETS.items():
        part = await http.get(f"/docs/{name}", headers={"Accept-Encoding": "identity"})
        assert part.headers["content-type"] == media_type
        assert "content-encoding" not in part.headers
    assert (await http.get("/docs/no-such.js")).status_code == 404
    for gone in ("/redoc", "/docs/oauth2-redirect"):
        assert (await http.get(gone)).status_code == 404


async def test_the_document_is_compressed_once_and_for_all(http: httpx.AsyncClient) -> None:
    plain = await http.get("/openapi.json", headers={"Accept-Encoding": "identity"})
    short = await http.get("/openapi.json")
    assert short.headers["content-encoding"] == "gzip"
    assert short.json() == plain.json()
    assert int(short.headers["content-length"]) < int(plain.headers["content-length"]) / 5
