"""Refunds move forward only: every order of the same facts ends in the same state."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.refunds.model import REFUND_RANK, Refund, RefundStatus
from shared.contracts.base import Event
from shared.contracts.billing.payments import PaymentStatus, PaymentSucceeded
from shared.contracts.billing.refunds import RefundFailed, RefundIssued, RefundReason, RefundSucceeded
from shared.contracts.money import Money
from tests.support.payments import a_payment, a_refund

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def test_the_same_payment_gives_the_same_refund() -> None:
    first, again = a_payment(), a_payment()
    assert Refund.of(first, RefundReason.CANCELLED).id == Refund.of(again, RefundReason.LATE_PAYMENT).id


@pytest.mark.parametrize("start", list(RefundStatus))
@pytest.mark.parametrize("to", [RefundStatus.PENDING, RefundStatus.SUCCEEDED, RefundStatus.FAILED])
def test_a_refund_is_issued_once_and_fails_once(start: RefundStatus, to: RefundStatus) -> None:
    payment = a_payment(PaymentStatus.SUCCEEDED)
    refund = a_refund(payment, start)
    news = refund.accept(payment, to, "re_1", 2500, None)
    told = [type(event) for event in news]
    if REFUND_RANK[to] <= REFUND_RANK[start]:
        assert told == []
        assert (refund.status, payment.status) == (start, PaymentStatus.SUCCEEDED)
        return
    issued = [RefundIssued] if start in (RefundStatus.REQUESTED, RefundStatus.REFUSED) else []
    expected = {
        RefundStatus.PENDING: (issued, PaymentStatus.REFUND_PENDING),
        RefundStatus.SUCCEEDED: ([*issued, RefundSucceeded], PaymentStatus.REFUNDED),
        RefundStatus.FAILED: ([RefundFailed], PaymentStatus.REFUND_FAILED),
    }
    assert (told, payment.status) == expected[to]
    assert refund.status == to


def test_a_refused_refund_is_told_once_and_can_still_be_made_by_a_person() -> None:
    payment = a_payment(PaymentStatus.SUCCEEDED)
    refund = a_refund(payment)
    assert isinstance(refund.refuse(payment, "charge_disputed"), RefundFailed)
    assert refund.refuse(payment, "charge_disputed") is None
    assert payment.status == PaymentStatus.REFUND_FAILED
    news = refund.accept(payment, RefundStatus.SUCCEEDED, "re_1", 2500)
    assert [type(event) for event in news] == [RefundIssued, RefundSucceeded]
    assert payment.status == PaymentStatus.REFUNDED
    assert refund.refuse(payment, "charge_disputed") is None
    assert refund.status == RefundStatus.SUCCEEDED


def test_what_is_left_of_a_payment_is_what_goes_back() -> None:
    payment = a_payment(PaymentStatus.SUCCEEDED)
    issued, _ = a_refund(payment).accept(payment, RefundStatus.SUCCEEDED, "re_1", 900)
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
            news = [payment.succeed(), *refund.accept(payment, status, "re_1", 2500, None)]
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
