"""Refunds move forward only: every order of the same facts ends in the same state, with the same sums."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.refunds.model import GIVES_BACK, REFUND_RANK, Refunds, RefundStatus, StripeRefund
from shared.contracts.base import Event
from shared.contracts.billing.payments import PaymentStatus, PaymentSucceeded
from shared.contracts.billing.refunds import RefundEvent, RefundFailed, RefundIssued, RefundReason, RefundSucceeded
from shared.contracts.money import Money
from tests.support.payments import a_payment, at_stripe, owed_refunds

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
DEPOSIT = 2500


def a_paid() -> Refunds:
    return Refunds(a_payment(PaymentStatus.SUCCEEDED))


def stands(refunds: Refunds) -> tuple[str, int]:
    return refunds.payment.status, refunds.payment.refunded_amount


def test_what_is_owed_is_owed_once() -> None:
    first, again = a_paid(), a_paid()
    owed, same = first.request(RefundReason.CANCELLED), again.request(RefundReason.LATE_PAYMENT)
    assert owed
    assert same
    assert owed.refund_id == same.refund_id
    assert first.request(RefundReason.LATE_PAYMENT) is None
    assert stands(first) == ("refund_pending", 0)


@pytest.mark.parametrize("status", [PaymentStatus.REQUESTED, PaymentStatus.FAILED, PaymentStatus.CANCELED])
def test_what_never_came_is_not_owed(status: PaymentStatus) -> None:
    assert Refunds(a_payment(status)).request(RefundReason.CANCELLED) is None


@pytest.mark.parametrize("start", list(RefundStatus))
@pytest.mark.parametrize("to", [RefundStatus.PENDING, RefundStatus.SUCCEEDED, RefundStatus.FAILED])
def test_a_refund_is_issued_once_and_fails_once(start: RefundStatus, to: RefundStatus) -> None:
    refunds = owed_refunds(a_payment(PaymentStatus.SUCCEEDED))
    refund = refunds.ours
    assert refund is not None
    refund.status, refund.stripe_refund_id = start, "re_1"
    told = [type(event) for event in refunds.accept(at_stripe("re_1", DEPOSIT, to))]
    if REFUND_RANK[to] <= REFUND_RANK[start]:
        assert told == []
        assert refund.status == start
        return
    issued = [RefundIssued] if REFUND_RANK[start] < REFUND_RANK[RefundStatus.PENDING] else []
    expected = {
        RefundStatus.PENDING: (issued, ("refund_pending", DEPOSIT)),
        RefundStatus.SUCCEEDED: ([*issued, RefundSucceeded], ("refunded", DEPOSIT)),
        RefundStatus.FAILED: ([RefundFailed], ("refund_failed", 0)),
    }
    assert (told, stands(refunds)) == expected[to]
    assert refund.status == to


def test_a_refused_refund_is_told_once_and_can_still_be_made_by_a_person() -> None:
    refunds = owed_refunds(a_payment(PaymentStatus.SUCCEEDED))
    assert isinstance(refunds.refuse("charge_disputed"), RefundFailed)
    assert refunds.refuse("charge_disputed") is None
    assert stands(refunds) == ("refund_failed", 0)
    news = refunds.accept(at_stripe("re_1", DEPOSIT))
    assert [type(event) for event in news] == [RefundIssued, RefundSucceeded]
    assert stands(refunds) == ("refunded", DEPOSIT)
    # Whoever hears both can tell which is the newer, in whatever order they come.
    assert news[0].payment
    assert news[0].payment.sequence == refunds.payment.refund_sequence == 3
    assert refunds.refuse("charge_disputed") is None


def test_what_is_left_of_a_payment_is_what_is_owed() -> None:
    refunds = a_paid()
    issued, _ = refunds.accept(at_stripe("re_1", 900))
    assert (issued.amount, issued.reason) == (Money(amount=900, currency="eur"), RefundReason.DASHBOARD)
    assert issued.payment
    assert issued.payment.refunded_amount == 900
    assert stands(refunds) == ("partially_refunded", 900)
    owed = refunds.request(RefundReason.CANCELLED)
    assert owed
    assert owed.amount == Money(amount=1600, currency="eur")
    assert stands(refunds) == ("refund_pending", 900)
    ours = StripeRefund("re_2", RefundStatus.SUCCEEDED, 1600, label=str(owed.refund_id))
    assert [event.refund_id for event in refunds.accept(ours)] == [owed.refund_id] * 2
    assert stands(refunds) == ("refunded", DEPOSIT)


def test_several_parts_end_as_the_whole() -> None:
    refunds = a_paid()
    for number, amount in enumerate((1000, 1000, 500)):
        refunds.accept(at_stripe(f"re_{number}", amount))
    assert stands(refunds) == ("refunded", DEPOSIT)
    assert refunds.request(RefundReason.CANCELLED) is None


def test_a_part_that_fails_afterwards_gives_its_amount_back() -> None:
    refunds = a_paid()
    refunds.accept(at_stripe("re_1", 1000), at_stripe("re_2", 500))
    [failed] = refunds.accept(at_stripe("re_1", 1000, RefundStatus.FAILED))
    assert isinstance(failed, RefundFailed)
    assert stands(refunds) == ("refund_failed", 500)
    owed = refunds.request(RefundReason.CANCELLED)
    assert owed
    assert owed.amount.amount == 2000


def test_ours_is_not_needed_once_all_has_gone_back_by_hand() -> None:
    refunds = owed_refunds(a_payment(PaymentStatus.SUCCEEDED))
    refunds.accept(at_stripe("re_1", DEPOSIT, RefundStatus.PENDING))
    refunds.not_needed()
    assert stands(refunds) == ("refund_pending", DEPOSIT)
    refunds.accept(at_stripe("re_1", DEPOSIT))
    assert stands(refunds) == ("refunded", DEPOSIT)


PARTS = {"re_1": 900, "re_2": 700, "re_3": 400, "re_4": 500}
"""Refunds made by hand that together are the deposit."""


class Books:
    """One payment and its refunds, told facts in some order; what they announced."""

    def __init__(self) -> None:
        self.payment = a_payment()
        self.refunds = Refunds(self.payment)
        self.told: list[Event] = []

    def tell(self, fact: str) -> None:
        payment = self.payment
        news: list[Event | bool | None]
        if fact.startswith("declined"):
            news = [payment.decline(fact, NOON + timedelta(seconds=int(fact[-1])))]
        elif fact == "canceled":
            news = [payment.cancel()]
        elif fact == "succeeded":
            news = [payment.succeed()]
        else:
            refund, status = fact.split()
            theirs = at_stripe(refund, PARTS[refund], RefundStatus(status))
            news = [payment.succeed(), *self.refunds.accept(theirs)]
        self.told += [n for n in news if isinstance(n, Event)]

    @property
    def state(self) -> tuple[object, ...]:
        payment = self.payment
        rows = sorted((r.stripe_refund_id or "", r.status, r.amount, r.id) for r in self.refunds.rows)
        return (payment.status, payment.refunded_amount, payment.failure_code, payment.failed_at, rows)


FACTS = ["declined 1", "declined 2", "canceled", "succeeded"]
MOVES = [f"{refund} {status}" for refund in PARTS for status in ("pending", "succeeded", "failed")]
HISTORIES = st.lists(st.sampled_from(FACTS + MOVES * 2), min_size=1, max_size=14)


@given(st.data())
def test_every_order_and_any_duplicates_end_in_the_same_state_with_the_same_sums(data: st.DataObject) -> None:
    history = data.draw(HISTORIES)
    told = data.draw(st.permutations(history + data.draw(st.lists(st.sampled_from(history)))))
    expected, shuffled = Books(), Books()
    for fact in history:
        expected.tell(fact)
    for fact in told:
        shuffled.tell(fact)
    assert shuffled.state == expected.state
    known = {refund for refund in PARTS if any(fact.startswith(refund) for fact in history)}
    failed = {refund for refund in known if f"{refund} failed" in history}
    gone = sum(PARTS[refund] for refund in known - failed)
    assert shuffled.payment.refunded_amount == gone
    assert shuffled.payment.left == (DEPOSIT - gone if known or "succeeded" in history else 0)
    assert (shuffled.payment.status == "refund_failed") == bool(failed)
    if gone == DEPOSIT:
        assert shuffled.payment.status in ("refunded", "refund_pending")
    for books in (expected, shuffled):
        assert sum(isinstance(e, PaymentSucceeded) for e in books.told) == bool(known or "succeeded" in history)
        assert sum(isinstance(e, RefundFailed) for e in books.told) == len(failed)
        assert sum(isinstance(e, RefundIssued) for e in books.told) <= len(known)
        # Whoever keeps what the event of the highest count says knows where the payment stands.
        told_of = [e.payment for e in books.told if isinstance(e, RefundEvent) and e.payment]
        if told_of:
            newest = max(told_of, key=lambda payment: payment.sequence)
            assert (newest.status, newest.refunded_amount) == (books.payment.status, gone)
    given_back = {row.stripe_refund_id for row in shuffled.refunds.rows if row.status in GIVES_BACK}
    assert given_back == known - failed
