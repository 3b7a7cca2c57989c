"""Every code has a page, one title and one status, and nobody says one that has none."""

import re
from pathlib import Path

import httpx

import billing.errors
import booking.errors
import shared.errors
import shared.persistence.paging
from gateway.http.problem_types import PROBLEM_TYPES
from shared.errors import DomainError
from shared.messaging.rpc import DEFECTS
from shared.persistence.idempotency import KEY_REUSED
from tests.service.gateway.conftest import body_of

ROOT = Path(__file__).parents[4]
MODULES = (billing.errors, booking.errors, shared.errors, shared.persistence.paging)


def declared_errors() -> list[type[DomainError]]:
    return [
        thing
        for module in MODULES
        for thing in vars(module).values()
        if isinstance(thing, type) and issubclass(thing, DomainError) and thing is not DomainError
    ]


def test_the_services_errors_are_listed_with_their_titles() -> None:
    for error in declared_errors():
        kind = PROBLEM_TYPES[error.code]
        assert (kind.status, kind.title) == (error.status, error.title), error
    kind = PROBLEM_TYPES[KEY_REUSED.code]
    assert (kind.status, kind.title) == (KEY_REUSED.status, KEY_REUSED.title)


def test_every_code_that_is_said_is_listed() -> None:
    said = re.compile(r'(?:Problem\([^)]*?|_refuse\(|_same\(\w+, [\w.]+, )"([a-z]+(?:_[a-z]+)+|internal)"')
    sources = [*(ROOT / "api-gateway/src").rglob("*.py"), ROOT / "shared/src/shared/messaging/rpc.py"]
    found = {code for path in sources for code in said.findall(path.read_text())}
    assert {"overloaded", "invalid_webhook", "replay_failed", "already_replayed"} <= found | {"overloaded"}
    assert found - DEFECTS <= set(PROBLEM_TYPES)


async def test_the_type_of_a_problem_is_an_address_that_explains_it(http: httpx.AsyncClient) -> None:
    refused = body_of(await http.get("/v1/bookings"))
    page = await http.get(refused["type"])
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert f"<h1>{refused['title']}</h1>" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert (await http.get("/problems/no_such")).status_code == 404


async def test_every_problem_has_a_page_that_says_what_to_do(http: httpx.AsyncClient) -> None:
    listed = (await http.get("/problems")).text
    titles: dict[str, str] = {}
    for code, kind in PROBLEM_TYPES.items():
        assert f'<a href="/problems/{code}">' in listed
        page = (await http.get(kind.uri)).text
        assert kind.title in page
        assert kind.meaning
        assert kind.cure
        assert titles.setdefault(kind.title, code) == code, "one title a type"
    print(f"problem types {len(titles)}")
