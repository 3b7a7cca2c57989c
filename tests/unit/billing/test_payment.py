"""Payments and refunds move forward only: every order of the same facts ends in the same state."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.model import PAYMENT_RANK, REFUND_RANK, Payment, Refund, RefundStatus
from shared.contracts.base import Event
from shared.contracts.billing.payments import PaymentFailed, PaymentStatus, PaymentSucceeded
from shared.contracts.billing.refunds import RefundFailed, RefundIssued, RefundReason
from shared.contracts.money import Money

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
BOOKING = UUID("0197a1b2-0000-7000-8000-000000000001")


def a_payment(status: PaymentStatus = PaymentStatus.REQUESTED, booking_id: UUID = BOOKING) -> Payment:
    payment = Payment.of_booking(uuid4(), booking_id, 1, Money(amount=2500, currency="eur"), None)
    payment.offer("pi_1", "pi_1_secret_x")
    payment.status = status
    return payment


def a_refund(payment: Payment, status: RefundStatus = RefundStatus.REQUESTED) -> Refund:
    refund = Refund.of(payment, RefundReason.CANCELLED)
    refund.status = status
    return refund


def test_the_same_booking_version_gives_the_same_payment_and_refund() -> None:
    first, again = a_payment(), a_payment()
    assert first.id == again.id
    assert Refund.of(first, RefundReason.CANCELLED).id == Refund.of(again, RefundReason.LATE_PAYMENT).id
    assert first.id != a_payment(booking_id=uuid4()).id


@pytest.mark.parametrize("start", list(PaymentStatus))
@pytest.mark.parametrize(
    ("move", "to"),
    [
        (lambda p: p.cancel(), PaymentStatus.CANCELED),
        (lambda p: p.succeed(), PaymentStatus.SUCCEEDED),
        (lambda p: p.give_back(), PaymentStatus.REFUNDED),
    ],
    ids=["cancel", "succeed", "give_back"],
)
def test_a_payment_moves_to_a_higher_rank_or_not_at_all(
    start: PaymentStatus, move: Callable[[Payment], object], to: PaymentStatus
) -> None:
    payment = a_payment(start)
    moved = move(payment)
    forward = PAYMENT_RANK[to] > PAYMENT_RANK[start]
    assert bool(moved) == forward
    assert payment.status == (to if forward else start)


@pytest.mark.parametrize("start", list(PaymentStatus))
def test_a_decline_counts_only_while_the_customer_can_still_pay(start: PaymentStatus) -> None:
    payment = a_payment(start)
    news = payment.decline("card_declined", NOON)
    if start in (PaymentStatus.REQUESTED, PaymentStatus.FAILED):
        assert isinstance(news, PaymentFailed)
        assert (payment.status, payment.failure_code) == (PaymentStatus.FAILED, "card_declined")
    else:
        assert news is None
        assert payment.status == start


def test_a_newer_decline_is_told_again_an_older_or_repeated_one_is_not() -> None:
    payment = a_payment()
    assert payment.decline("insufficient_funds", NOON) is not None
    assert payment.decline("insufficient_funds", NOON) is None
    assert payment.decline("expired_card", NOON - timedelta(seconds=1)) is None
    assert payment.failure_code == "insufficient_funds"
    assert payment.decline("expired_card", NOON + timedelta(seconds=1)) is not None
    assert payment.failure_code == "expired_card"


def test_the_client_secret_is_shown_only_while_it_is_of_use_and_never_in_an_event() -> None:
    payment = a_payment()
    assert payment.snapshot().client_secret == "pi_1_secret_x"
    succeeded = payment.succeed()
    assert succeeded is not None
    assert "secret" not in succeeded.model_dump_json()
    assert payment.snapshot().client_secret is None


@pytest.mark.parametrize("start", list(RefundStatus))
@pytest.mark.parametrize("to", [RefundStatus.PENDING, RefundStatus.SUCCEEDED, RefundStatus.FAILED])
def test_a_refund_is_issued_once_and_fails_once(start: RefundStatus, to: RefundStatus) -> None:
    payment = a_payment(PaymentStatus.SUCCEEDED)
    refund = a_refund(payment, start)
    news = refund.accept(payment, to, "re_1", 2500, None)
    if REFUND_RANK[to] <= REFUND_RANK[start]:
        assert news is None
        assert refund.status == start
    elif to == RefundStatus.FAILED:
        assert isinstance(news, RefundFailed)
    elif start in (RefundStatus.REQUESTED, RefundStatus.REFUSED):
        assert isinstance(news, RefundIssued)
    else:
        assert news is None
        assert refund.status == to


def test_a_refused_refund_is_told_once_and_can_still_be_made_by_a_person() -> None:
    payment = a_payment(PaymentStatus.SUCCEEDED)
    refund = a_refund(payment)
    assert isinstance(refund.refuse(payment, "charge_disputed"), RefundFailed)
    assert refund.refuse(payment, "charge_disputed") is None
    assert isinstance(refund.accept(payment, RefundStatus.SUCCEEDED, "re_1", 2500), RefundIssued)
    assert refund.refuse(payment, "charge_disputed") is None
    assert refund.status == RefundStatus.SUCCEEDED


def test_what_is_left_of_a_payment_is_what_goes_back() -> None:
    payment = a_payment(PaymentStatus.SUCCEEDED)
    issued = a_refund(payment).accept(payment, RefundStatus.SUCCEEDED, "re_1", 900)
    assert isinstance(issued, RefundIssued)
    assert issued.amount == Money(amount=900, currency="eur")


class Books:
    """One payment and its refund, told facts in some order; what they announced."""

    def __init__(self) -> None:
        self.payment = a_payment()
        self.refund = a_refund(self.payment)
        self.told: list[Event] = []

    def tell(self, fact: str) -> None:
        payment, refund = self.payment, self.refund
        news: list[Event | bool | None]
        if fact.startswith("declined"):
            news = [payment.decline(fact, NOON + timedelta(seconds=int(fact[-1])))]
        elif fact == "canceled":
            news = [payment.cancel()]
        elif fact == "succeeded":
            news = [payment.succeed()]
        else:
            status = RefundStatus(fact)
            news = [payment.succeed(), refund.accept(payment, status, "re_1", 2500, None), payment.give_back()]
        self.told += [n for n in news if isinstance(n, Event)]

    @property
    def state(self) -> tuple[object, ...]:
        payment, refund = self.payment, self.refund
        return (payment.status, payment.failure_code, payment.failed_at, refund.status, refund.stripe_refund_id)


HISTORIES = st.lists(
    st.sampled_from(["declined 1", "declined 2", "canceled", "succeeded", "pending", "failed"]), min_size=1, max_size=6
)


@given(st.data())
def test_every_order_and_any_duplicates_end_in_the_same_state_with_one_success(data: st.DataObject) -> None:
    history = data.draw(HISTORIES)
    told = data.draw(st.permutations(history + data.draw(st.lists(st.sampled_from(history)))))
    expected, shuffled = Books(), Books()
    for fact in history:
        expected.tell(fact)
    for fact in told:
        shuffled.tell(fact)
    assert shuffled.state == expected.state
    paid = bool({"succeeded", "pending", "failed"} & set(history))
    for books in (expected, shuffled):
        assert sum(isinstance(e, PaymentSucceeded) for e in books.told) == paid
        assert sum(isinstance(e, RefundFailed) for e in books.told) == ("failed" in history)
        assert sum(isinstance(e, RefundIssued) for e in books.told) <= 1
