"""What makes two commands the same command."""

import json
from typing import Any
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from gateway.api.bookings import BookingCreate
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


def test_another_path_is_another_command() -> None:
    body = {"service_id": SERVICE, "starts_at": "2026-12-01T10:00:00Z", "customer": {"name": "A", "email": "a@b.co"}}
    assert of(body) != of(body, "/v1/other")
