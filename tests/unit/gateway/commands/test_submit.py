"""What makes two commands the same command."""

import hashlib
import json
from typing import Any
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from gateway.api.bookings import BookingCreate, CustomerDetails
from gateway.commands.submit import fingerprint

PATH = "/v1/bookings"
SERVICE = str(uuid4())
texts = st.text(st.characters(min_codepoint=0x20, codec="utf-8", exclude_characters="\x7f"), min_size=1, max_size=20)
bodies = st.fixed_dictionaries(
    {
        "service_id": st.just(SERVICE),
        "starts_at": st.just("2026-12-01T10:00:00+01:00"),
        "customer": st.just({"name": "Ada", "email": "ada@example.org"}),
        "notes": st.none() | texts,
        "metadata": st.dictionaries(texts.filter(str.strip), texts, max_size=5),
    }
)


def of(body: dict[str, Any], path: str = PATH) -> str:
    return fingerprint(path, BookingCreate.model_validate_json(json.dumps(body)))


@given(bodies, st.randoms())
def test_order_makes_no_difference(body: dict[str, Any], chance: Any) -> None:
    def shuffled(value: dict[str, Any]) -> dict[str, Any]:
        items = list(value.items())
        chance.shuffle(items)
        return {k: shuffled(v) if isinstance(v, dict) else v for k, v in items}

    assert of(body) == of(shuffled(body))


@given(bodies, bodies)
def test_other_content_does(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert (of(one) == of(other)) == (one == other)


def test_the_same_instant_and_what_is_left_out() -> None:
    body = {
        "service_id": SERVICE,
        "starts_at": "2026-12-01T10:00:00+01:00",
        "customer": {"name": "A", "email": "a@b.co"},
    }
    assert of(body) == of(body | {"starts_at": "2026-12-01T09:00:00Z", "notes": None, "metadata": {}})
    assert of(body) != of(body | {"starts_at": "2026-12-01T10:00:00Z"})


class CustomerOfTomorrow(CustomerDetails):
    locale: str = "en"


class BookingOfTomorrow(BookingCreate):
    """What the gateway takes after an update: optional members have come, at the top and further in."""

    customer: CustomerOfTomorrow
    entrance_code: str | None = None
    guests: list[str] = Field(default_factory=list)


@given(bodies)
def test_a_member_that_came_later_makes_a_difference_only_where_it_is_given(body: dict[str, Any]) -> None:
    def tomorrow(**more: Any) -> str:
        return fingerprint(PATH, BookingOfTomorrow.model_validate_json(json.dumps(body | more)))

    assert tomorrow() == tomorrow(entrance_code=None, guests=[]) == of(body)
    german = tomorrow(customer=body["customer"] | {"locale": "de"})
    assert len({of(body), tomorrow(entrance_code="4711"), tomorrow(guests=["Bob"]), german}) == 4


def test_a_key_that_was_sent_before_is_known_by_the_same_text() -> None:
    text = (
        '{"service_id":"01936c5e-7d80-7000-8000-000000000001","resource_id":null,"starts_at":"2026-12-01T10:00:00Z",'
        '"customer":{"name":"Ä","email":"a@b.co","phone":null},"notes":null,"metadata":{}}'
    )
    assert of(json.loads(text)) == hashlib.sha256(f"{PATH}\n{text}".encode()).hexdigest()


def test_another_path_is_another_command() -> None:
    body = {"service_id": SERVICE, "starts_at": "2026-12-01T10:00:00Z", "customer": {"name": "A", "email": "a@b.co"}}
    assert of(body) != of(body, "/v1/other")
