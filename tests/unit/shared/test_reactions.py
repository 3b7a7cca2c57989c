"""Declaring reactions, and telling good messages from poison."""

import json
from typing import Any
from uuid import uuid4

import pytest

from shared.contracts.base import Event
from shared.contracts.billing import GetPayment, Payment, PaymentSucceeded
from shared.contracts.booking import BookingConfirmed, BookingHeld, CreateBooking, GetBooking, RequestState
from shared.contracts.stripe import StripeEvent
from shared.errors import Poison
from shared.messaging.reactions import MAX_DURABLE_LENGTH, Message, Reaction, Reactions
from tests.support.builders import example
from tests.support.messages import Noted, Question, Reply, a_webhook, event_type, request_type, webhook_type


def reaction_to(*types: type[Message], batch: int = 1) -> Reaction:
    reactions = Reactions("test")

    @reactions.on(*types, batch=batch)
    async def note_it(event: Noted, ctx: object) -> None: ...

    return reactions.declared[0]


def test_a_durable_is_named_for_its_service_and_handler() -> None:
    reactions = Reactions("billing")

    @reactions.on(BookingHeld, BookingConfirmed)
    async def request_deposit(event: Event, ctx: object, stripe: object, mailer: object) -> None: ...

    reaction = reactions.declared[0]
    assert reaction.durable == "billing-request-deposit"
    assert reaction.stream == "BOOKING"
    assert reaction.filter_subjects == ["booking.confirmed.v1.>", "booking.held.v1.>"]
    assert reaction.adapters == ("stripe", "mailer")
    assert reaction.handler is request_deposit


@pytest.mark.parametrize(
    ("message", "stream"),
    [
        (BookingHeld, "BOOKING"),
        (PaymentSucceeded, "BILLING"),
        (CreateBooking, "REQUESTS"),
        (StripeEvent, "WEBHOOKS"),
    ],
)
def test_the_stream_of_a_type(message: type[Message], stream: str) -> None:
    assert reaction_to(message).stream == stream


def test_a_consumer_reads_one_stream() -> None:
    with pytest.raises(ValueError, match=r"\['BILLING', 'BOOKING'\]; a consumer has one stream"):
        reaction_to(BookingHeld, PaymentSucceeded)


def test_a_durable_name_is_bounded() -> None:
    reactions = Reactions("billing")

    async def handler(event: Event, ctx: object) -> None: ...

    handler.__name__ = "x" * (MAX_DURABLE_LENGTH - len("billing-"))
    reactions.on(BookingHeld)(handler)
    handler.__name__ += "x"
    with pytest.raises(ValueError, match="longer than 48"):
        reactions.on(BookingHeld)(handler)
    assert len(reactions.declared) == 1


def test_a_batch_is_handled_one_at_a_time_unless_told_otherwise() -> None:
    assert (reaction_to(BookingHeld).batch, reaction_to(BookingHeld).concurrency) == (1, 8)
    assert (reaction_to(BookingHeld, batch=50).batch, reaction_to(BookingHeld, batch=50).concurrency) == (50, 1)


def test_reactions_of_several_modules_come_together() -> None:
    first, second = Reactions("test"), Reactions("test")
    first.on(BookingHeld)(do_nothing)
    second.on(BookingConfirmed)(do_nothing)
    assert len(Reactions("test").including(first, second).declared) == 2


async def do_nothing(event: Event, ctx: object) -> None:
    """A handler to declare."""


def test_a_good_message_is_decoded_by_its_subject() -> None:
    reaction = reaction_to(BookingHeld, BookingConfirmed)
    event = example(BookingConfirmed)
    assert reaction.decode(event.subject, event.model_dump_json().encode()) == event


def test_members_of_a_newer_sender_are_welcome() -> None:
    kind = event_type()
    event = kind(tenant_id=uuid4(), note="x")
    newer = json.dumps({**json.loads(event.model_dump_json()), "colour": "red"})
    assert reaction_to(kind).decode(event.subject, newer.encode()) == event


def poison(kind: type[Noted]) -> dict[str, bytes]:
    body: dict[str, Any] = json.loads(kind(tenant_id=uuid4()).model_dump_json())
    without = {k: v for k, v in body.items() if k != "tenant_id"}
    return {
        "empty": b"",
        "space": b"  \n",
        "not json": b"booking confirmed",
        "half": json.dumps(body).encode()[:-5],
        "null": b"null",
        "array": b"[]",
        "string": b'"x"',
        "number": b"1e400",
        "nan": b'{"id": NaN}',
        "nothing in it": b"{}",
        "no tenant": json.dumps(without).encode(),
        "null tenant": json.dumps({**body, "tenant_id": None}).encode(),
        "tenant is a number": json.dumps({**body, "tenant_id": 5}).encode(),
        "tenant is a list": json.dumps({**body, "tenant_id": [body["tenant_id"]]}).encode(),
        "id is no uuid": json.dumps({**body, "id": "1; DROP TABLE outbox"}).encode(),
        "time is no time": json.dumps({**body, "occurred_at": "yesterday"}).encode(),
        "note is an object": json.dumps({**body, "note": {"a": 1}}).encode(),
        "not utf-8": json.dumps(body).encode()[:-1] + b',"note":"\xff\xfe"}',
        "utf-16": json.dumps(body).encode("utf-16"),
        "deep": b'{"note":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        "a megabyte": b"x" * 1024 * 1024,
    }


@pytest.mark.parametrize("name", poison(event_type()))
def test_poison_is_known(name: str) -> None:
    kind = event_type()
    payload = poison(kind)[name]
    with pytest.raises(Poison) as raised:
        reaction_to(kind).decode(f"{kind.TYPE}.{uuid4()}", payload)
    assert "DROP TABLE" not in str(raised.value), "values of a message may be personal: they stay out of errors"
    assert len(str(raised.value)) < 500


def test_another_tenant_in_the_subject_is_poison() -> None:
    kind = event_type()
    payload = kind(tenant_id=uuid4()).model_dump_json().encode()
    with pytest.raises(Poison, match="another tenant"):
        reaction_to(kind).decode(f"{kind.TYPE}.{uuid4()}", payload)


def test_another_thing_in_a_request_subject_is_poison() -> None:
    request = example(CreateBooking)
    subject = f"{request.TYPE}.{request.tenant_id}.{uuid4()}"
    with pytest.raises(Poison, match="another tenant or thing"):
        reaction_to(CreateBooking).decode(subject, request.model_dump_json().encode())


@pytest.mark.parametrize("change", ["", "x", "v2"])
def test_an_unknown_type_is_poison(change: str) -> None:
    kind = event_type()
    event = kind(tenant_id=uuid4())
    subject = f"{kind.TYPE.removesuffix('v1')}{change or 'v11'}.{event.tenant_id}"
    with pytest.raises(Poison, match="no contract"):
        reaction_to(kind).decode(subject, event.model_dump_json().encode())


def test_a_stripe_event_keeps_what_we_do_not_read() -> None:
    kind = webhook_type()
    sent = {**json.loads(a_webhook(kind).model_dump_json()), "pending_webhooks": 3}
    event = reaction_to(kind).decode(f"{kind.TYPE}.payment_intent.succeeded", json.dumps(sent).encode())
    assert json.loads(event.model_dump_json()) == sent


@pytest.mark.parametrize("kind", ["", "a\n", "Payment.Intent", "a..b", "a.*", "a.>", "a b", "a\r\nb", "x" * 101, "ü"])
def test_a_strange_stripe_type_gets_a_safe_subject(kind: str) -> None:
    event = StripeEvent(id="evt_1", type=kind, created=1, data={})
    assert event.subject == "webhook.stripe.unknown"


def test_a_query_knows_its_reply() -> None:
    assert GetBooking.reply_type() is RequestState
    assert GetPayment.reply_type() is Payment
    assert Question.reply_type() is Reply

    class Later(Question):
        """A subclass inherits the answer's type."""

    assert Later.reply_type() is Reply


def test_a_request_is_about_one_thing() -> None:
    kind = request_type()
    assert reaction_to(kind).filter_subjects == [f"{kind.TYPE}.>"]
    assert example(CreateBooking).subject.count(".") == 5
