"""Declaring handlers, and telling good messages from poison."""

import json
from typing import Any
from uuid import uuid4

import pytest

from shared.contracts.base import Command, Event, Query
from shared.contracts.billing.payments import GetPayment, Payment, PaymentSucceeded
from shared.contracts.booking.bookings import Booking, BookingConfirmed, BookingHeld, CreateBooking, GetBooking
from shared.contracts.stripe import StripeEvent
from shared.errors import Poison
from shared.messaging.handlers import MAX_DURABLE_LENGTH, Handler, Handlers, Message
from tests.support.builders import example
from tests.support.messages import Noted, Question, Reply, a_webhook, command_type, event_type, webhook_type


def handler_to(*types: Any, batch: int = 1) -> Handler:
    handlers = Handlers("test")
    declare = (
        handlers.command(types[0], batch)
        if issubclass(types[0], Command)
        else handlers.on(*types, name="note-it", batch=batch)
    )

    @declare
    async def note_it(event: Noted, tx: object) -> None: ...

    return handlers.declared[0]


def test_a_durable_has_the_declared_name_whatever_its_function_is_called() -> None:
    handlers = Handlers("billing")

    @handlers.on(BookingHeld, BookingConfirmed, name="request-deposit")
    async def ask_for_money(event: Event, ctx: object, stripe: object, mailer: object) -> None: ...

    handler = handlers.declared[0]
    assert not handler.in_transaction
    assert handler.durable == "billing-request-deposit"
    assert handler.stream == "BOOKING"
    assert handler.filter_subjects == ["booking.confirmed.v1.>", "booking.held.v1.>"]
    assert handler.adapters == ("stripe", "mailer")
    assert handler.function is ask_for_money


def test_a_command_has_one_durable_named_for_it() -> None:
    handlers = Handlers("booking")

    @handlers.command(CreateBooking, batch=100)
    async def book(commands: list[CreateBooking], tx: object, holds: object) -> None: ...

    [handler] = handlers.declared
    assert (handler.durable, handler.stream, handler.takes_commands) == ("booking-create-booking", "COMMANDS", True)
    assert (handler.adapters, handler.batch) == (("holds",), 100)


async def without_a_transaction(event: Event) -> None: ...


async def with_a_context(events: list[Event], ctx: object) -> None: ...


def test_the_second_parameter_says_who_opens_the_transaction() -> None:
    handlers = Handlers("test")
    with pytest.raises(ValueError, match="`tx`, or `ctx`"):
        handlers.on(BookingHeld, name="x")(without_a_transaction)
    with pytest.raises(ValueError, match="claimed by the kernel"):
        handlers.on(BookingHeld, name="x", batch=2)(with_a_context)
    with pytest.raises(ValueError, match="claimed by the kernel"):
        handlers.command(CreateBooking)(with_a_context)
    with pytest.raises(ValueError, match="`tx`, or `ctx`"):
        handlers.query(GetBooking)(without_a_transaction)  # type: ignore[type-var]
    handlers.on(StripeEvent, name="x", batch=2)(with_a_context)
    assert [handler.durable for handler in handlers.declared] == ["test-x"]


@pytest.mark.parametrize(
    ("message", "stream"),
    [
        (BookingHeld, "BOOKING"),
        (PaymentSucceeded, "BILLING"),
        (CreateBooking, "COMMANDS"),
        (StripeEvent, "WEBHOOKS"),
    ],
)
def test_the_stream_of_a_type(message: type[Message], stream: str) -> None:
    assert handler_to(message).stream == stream


def test_a_consumer_reads_one_stream() -> None:
    with pytest.raises(ValueError, match=r"\['BILLING', 'BOOKING'\]; a consumer has one stream"):
        handler_to(BookingHeld, PaymentSucceeded)


def test_a_durable_name_is_bounded() -> None:
    handlers = Handlers("billing")

    longest = "x" * (MAX_DURABLE_LENGTH - len("billing-"))
    handlers.on(BookingHeld, name=longest)(do_nothing)
    with pytest.raises(ValueError, match="longer than 48"):
        handlers.on(BookingHeld, name=longest + "x")(do_nothing)
    assert len(handlers.declared) == 1


def test_a_batch_is_handled_one_at_a_time_unless_told_otherwise() -> None:
    assert (handler_to(BookingHeld).batch, handler_to(BookingHeld).concurrency) == (1, 8)
    assert (handler_to(BookingHeld, batch=50).batch, handler_to(BookingHeld, batch=50).concurrency) == (50, 1)


def test_handlers_of_several_modules_come_together() -> None:
    first, second = Handlers("test"), Handlers("test")
    first.on(BookingHeld, name="a")(do_nothing)
    second.on(BookingConfirmed, name="b")(do_nothing)
    second.query(GetBooking)(answer_nothing)
    both = Handlers("test").including(first, second)
    assert (len(both.declared), list(both.queries)) == (2, [GetBooking])


async def answer_nothing(query: Query[Any], tx: object) -> Booking:
    raise NotImplementedError


async def do_nothing(event: Event, ctx: object) -> None:
    """A function to declare."""


def test_a_good_message_is_decoded_by_its_subject() -> None:
    handler = handler_to(BookingHeld, BookingConfirmed)
    event = example(BookingConfirmed)
    assert handler.decode(event.subject, event.model_dump_json().encode()) == event


def test_members_of_a_newer_sender_are_welcome() -> None:
    kind = event_type()
    event = kind(tenant_id=uuid4(), note="x")
    newer = json.dumps({**json.loads(event.model_dump_json()), "colour": "red"})
    assert handler_to(kind).decode(event.subject, newer.encode()) == event


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
        handler_to(kind).decode(f"{kind.TYPE}.{uuid4()}", payload)
    assert "DROP TABLE" not in str(raised.value), "values of a message may be personal: they stay out of errors"
    assert len(str(raised.value)) < 500


def test_another_tenant_in_the_subject_is_poison() -> None:
    kind = event_type()
    payload = kind(tenant_id=uuid4()).model_dump_json().encode()
    with pytest.raises(Poison, match="another tenant"):
        handler_to(kind).decode(f"{kind.TYPE}.{uuid4()}", payload)


def test_another_thing_in_a_request_subject_is_poison() -> None:
    request = example(CreateBooking)
    subject = f"{request.TYPE}.{request.tenant_id}.{uuid4()}"
    with pytest.raises(Poison, match="another tenant or thing"):
        handler_to(CreateBooking).decode(subject, request.model_dump_json().encode())


@pytest.mark.parametrize("change", ["", "x", "v2"])
def test_an_unknown_type_is_poison(change: str) -> None:
    kind = event_type()
    event = kind(tenant_id=uuid4())
    subject = f"{kind.TYPE.removesuffix('v1')}{change or 'v11'}.{event.tenant_id}"
    with pytest.raises(Poison, match="no contract"):
        handler_to(kind).decode(subject, event.model_dump_json().encode())


def test_a_stripe_event_keeps_what_we_do_not_read() -> None:
    kind = webhook_type()
    sent = {**json.loads(a_webhook(kind).model_dump_json()), "pending_webhooks": 3}
    event = handler_to(kind).decode(f"{kind.TYPE}.payment_intent.succeeded", json.dumps(sent).encode())
    assert json.loads(event.model_dump_json()) == sent


@pytest.mark.parametrize("kind", ["", "a\n", "Payment.Intent", "a..b", "a.*", "a.>", "a b", "a\r\nb", "x" * 101, "ü"])
def test_a_strange_stripe_type_gets_a_safe_subject(kind: str) -> None:
    event = StripeEvent(id="evt_1", type=kind, created=1, data={})
    assert event.subject == "webhook.stripe.unknown"


def test_a_query_knows_its_reply() -> None:
    assert GetBooking.reply_type() is Booking
    assert GetPayment.reply_type() is Payment
    assert Question.reply_type() is Reply

    class Later(Question):
        """A subclass inherits the answer's type."""

    assert Later.reply_type() is Reply


def test_a_request_is_about_one_thing() -> None:
    kind = command_type()
    assert handler_to(kind).filter_subjects == [f"{kind.TYPE}.>"]
    assert example(CreateBooking).subject.count(".") == 5
