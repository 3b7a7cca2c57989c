"""A booking's deposit stands where the newest news of its payment's refunds says, in whatever order the news comes."""

from hypothesis import given
from hypothesis import strategies as st

from booking.bookings.model import Booking
from shared.contracts.booking.bookings import DepositStatus

NEWS = [
    (DepositStatus.PARTIALLY_REFUNDED, 1000, 1),
    (DepositStatus.REFUND_FAILED, 1000, 2),
    (DepositStatus.REFUNDED, 2500, 3),
    (DepositStatus.REFUND_FAILED, 1000, 4),
    (DepositStatus.REFUNDED, 2500, 5),
]
"""Of one payment: a part by hand, ours refused, the rest by hand, that comes back, and by hand again."""


def a_paid_booking() -> Booking:
    return Booking(deposit_status=DepositStatus.PAID, deposit_amount=2500, deposit_refunded=0, deposit_sequence=0)


@given(st.data())
def test_every_order_and_any_duplicates_end_alike(data: st.DataObject) -> None:
    known = data.draw(st.lists(st.sampled_from(NEWS), min_size=1))
    booking = a_paid_booking()
    for news in known:
        booking.record_refund(*news)
    newest = max(known, key=lambda news: news[2])
    assert (booking.deposit_status, booking.deposit_refunded, booking.deposit_sequence) == newest


def test_news_without_a_count_is_taken_until_there_is_some_with() -> None:
    booking = a_paid_booking()
    booking.record_whole_refund(DepositStatus.REFUNDED)
    booking.record_whole_refund(DepositStatus.REFUND_PENDING)
    assert (booking.deposit_status, booking.deposit_refunded) == (DepositStatus.REFUNDED, 2500)
    booking.record_whole_refund(DepositStatus.REFUND_FAILED)
    assert (booking.deposit_status, booking.deposit_refunded) == (DepositStatus.REFUND_FAILED, 0)
    booking.record_refund(*NEWS[2])
    booking.record_whole_refund(DepositStatus.REFUND_FAILED)
    assert (booking.deposit_status, booking.deposit_refunded) == (DepositStatus.REFUNDED, 2500)
