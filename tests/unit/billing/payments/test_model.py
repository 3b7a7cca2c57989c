"""Payments move forward only, and show their secret only while it is of use."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from billing.payments.model import PAYMENT_RANK, Payment
from shared.contracts.billing.payments import PaymentFailed, PaymentStatus
from tests.support.payments import a_payment

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def test_the_same_booking_version_gives_the_same_payment() -> None:
    first, again = a_payment(), a_payment()
    assert first.id == again.id
    assert first.id != a_payment(booking_id=uuid4()).id


@pytest.mark.parametrize("start", list(PaymentStatus))
@pytest.mark.parametrize(
    ("move", "to"),
    [
        (lambda p: p.cancel(), PaymentStatus.CANCELED),
        (lambda p: p.succeed(), PaymentStatus.SUCCEEDED),
    ],
    ids=["cancel", "succeed"],
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
@pytest.mark.parametrize(
    "to",
    [
        PaymentStatus.PARTIALLY_REFUNDED,
        PaymentStatus.REFUND_PENDING,
        PaymentStatus.REFUNDED,
        PaymentStatus.REFUND_FAILED,
    ],
)
def test_a_payment_follows_its_refunds(start: PaymentStatus, to: PaymentStatus) -> None:
    payment = a_payment(start)
    payment.follow_refunds(to, 900)
    assert (payment.status, payment.refunded_amount, payment.left) == (to, 900, 1600)
    assert payment.succeed() is None
    assert not payment.cancel()


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
