"""From events to mails: each owed mail once, nothing stale, whatever the relay does."""

import asyncio

import httpx
import pytest

from shared.contracts.billing.refunds import RefundReason
from shared.contracts.booking import bookings as contracts
from shared.contracts.notifier.messages import MessageFailed, MessageSent
from shared.identifiers import new_id
from tests.service.conftest import ServiceProcess
from tests.service.notifier.conftest import Customers, Inbox
from tests.support.eventually import allowed, eventually


async def test_each_step_of_a_booking_is_mailed(customer: Customers, inbox: Inbox) -> None:
    await customer.hear(contracts.BookingHeld, "pending_payment", "pending", 1)
    await customer.has(held="sent")
    await customer.pay()
    await customer.hear(contracts.BookingConfirmed, "confirmed", "paid", 2)
    await customer.has(confirmed="sent", payment_received="sent")
    await customer.hear(
        contracts.BookingRescheduled,
        "confirmed",
        "paid",
        3,
        previous={"starts_at": customer.starts_at.isoformat(), "ends_at": customer.starts_at.isoformat()},
    )
    await customer.has(rescheduled="sent")
    await customer.hear(contracts.BookingCancelled, "cancelled", "paid", 4, previous={"status": "confirmed"})
    await customer.refund(RefundReason.CANCELLED)
    await customer.has(cancelled="sent", refund="sent")

    mails = await inbox.mails(customer.address)
    assert sorted(mail["subject"].split(" ")[0] for mail in mails) == sorted(
        ["Pay", "Confirmed:", "Payment", "Moved:", "Cancelled:", "Refund:"]
    )
    held = next(mail for mail in mails if mail["subject"].startswith("Pay your deposit"))
    assert f"https://pay.example.com/{customer.booking_id}" in held["text"]
    assert held["from"] == "Sparkle & Sons <bookings@tidebook.example>"
    calendars = {mail["subject"].split(":")[0]: mail["attachments"] for mail in mails if mail["attachments"]}
    assert {subject: "METHOD:CANCEL" in files[0]["text"] for subject, files in calendars.items()} == {
        "Confirmed": False,
        "Moved": False,
        "Cancelled": True,
    }
    assert len({mail["message_id"] for mail in mails}) == len(mails)
    assert len(await customer.emitted(MessageSent)) == len(mails)


async def test_an_event_that_comes_again_is_not_mailed_again(customer: Customers, inbox: Inbox) -> None:
    event = await customer.hear(contracts.BookingHeld, "pending_payment", "pending", 1)
    await customer.has(held="sent")
    await customer.publish(event, message_id=new_id())
    # The same fact under another event id, as after a repaired outbox: the purpose is still the same.
    await customer.publish(event.model_copy(update={"id": new_id()}))
    await customer.hear(contracts.BookingCancelled, "cancelled", "pending", 2)
    await customer.has(cancelled="sent")
    assert len(await inbox.mails(customer.address)) == 2


async def test_a_payment_waits_for_its_booking(customer: Customers, inbox: Inbox) -> None:
    await customer.pay()
    await customer.hear(contracts.BookingHeld, "pending_payment", "pending", 1)
    await customer.has(held="sent", payment_received="sent")
    assert len(await inbox.mails(customer.address)) == 2


async def test_old_news_is_not_mailed_once_the_booking_is_cancelled(customer: Customers, inbox: Inbox) -> None:
    await customer.hear(contracts.BookingCancelled, "cancelled", None, 3)
    await customer.has(cancelled="sent")
    await customer.hear(contracts.BookingConfirmed, "confirmed", None, 2)
    await customer.has(confirmed="skipped")
    assert [mail["subject"].split(":")[0] for mail in await inbox.mails(customer.address)] == ["Cancelled"]


async def test_a_late_payments_refund_says_so(customer: Customers, inbox: Inbox) -> None:
    await customer.hear(contracts.BookingExpired, "expired", "pending", 2)
    await customer.pay()
    await customer.refund(RefundReason.LATE_PAYMENT)
    await customer.has(payment_received="sent", refund="sent")
    texts = [mail["text"] for mail in await inbox.mails(customer.address)]
    assert sum("Your payment came after the time had been released" in text for text in texts) == 1


async def test_a_busy_relay_is_asked_again_with_the_same_message_id(customer: Customers, inbox: Inbox) -> None:
    await inbox.faults(reply_450=1)
    await customer.hear(contracts.BookingConfirmed, "confirmed")

    async def put_off() -> str | None:
        [row] = await customer.rows(
            "SELECT last_error, message_id_header FROM messages WHERE booking_id = :id AND kind = 'confirmed'",
            id=customer.booking_id,
        )
        return str(row["message_id_header"]) if row["last_error"] == "smtp: 450" else None

    await customer.has(confirmed="queued")
    message_id = await eventually(put_off, within=20)
    await customer.has(confirmed="sent")
    assert [mail["message_id"] for mail in await inbox.mails(customer.address)] == [message_id]


async def test_a_refused_mail_is_given_up_and_told(customer: Customers, inbox: Inbox) -> None:
    await inbox.faults(reply_550=1)
    await customer.hear(contracts.BookingConfirmed, "confirmed")
    await customer.has(confirmed="failed")
    assert await inbox.mails(customer.address) == []
    [failure] = await customer.emitted(MessageFailed)
    assert (failure["kind"], failure["reason"]) == ("confirmed", "smtp_550")


async def test_an_address_that_is_none_is_given_up_without_asking_the_relay(customer: Customers) -> None:
    await customer.hear(
        contracts.BookingConfirmed,
        "confirmed",
        customer=contracts.Customer(name="Eve", email="eve@example.com\r\nBcc: all@example.com"),
    )
    await customer.has(confirmed="failed")
    [failure] = await customer.emitted(MessageFailed)
    assert failure["reason"] == "invalid_address"


@pytest.mark.parametrize(
    ("fault", "most"), [("reply_421", 1), ("close_before_final_dot", 1), ("close_after_final_dot", 2)]
)
async def test_a_relay_that_breaks_off_costs_two_copies_at_most(
    customer: Customers, inbox: Inbox, fault: str, most: int
) -> None:
    await inbox.faults(**{fault: 1})
    await customer.hear(contracts.BookingConfirmed, "confirmed")
    await customer.has(confirmed="queued")
    await customer.has(confirmed="sent")
    mails = await inbox.mails(customer.address)
    assert 1 <= len(mails) <= most
    assert len({mail["message_id"] for mail in mails}) == 1


async def test_a_killed_sender_loses_nothing(customer: Customers, inbox: Inbox, notifier: ServiceProcess) -> None:
    await inbox.faults(hang_seconds=30)
    await customer.hear(contracts.BookingConfirmed, "confirmed")

    async def hangs() -> bool:
        return await inbox.faults_left("hang") == 0

    await eventually(hangs)
    await asyncio.to_thread(notifier.kill)
    assert (await customer.statuses())["confirmed"] == "sending"
    await asyncio.to_thread(notifier.start)

    async def arrived() -> bool:
        return len(await inbox.mails(customer.address)) > 0

    await eventually(arrived, within=30)
    await customer.has(confirmed="sent")
    assert len(await inbox.mails(customer.address)) == 1


async def test_the_service_counts_its_mails(customer: Customers, notifier: ServiceProcess) -> None:
    await customer.hear(contracts.BookingConfirmed, "confirmed")
    await customer.has(confirmed="sent")
    async with httpx.AsyncClient(timeout=allowed(10)) as http:
        metrics = (await http.get(f"http://127.0.0.1:{notifier.port}/metrics")).text
    values = dict(line.rsplit(" ", 1) for line in metrics.splitlines() if line.startswith("email_jobs_total"))
    assert set(values) == {
        f'email_jobs_total{{job="messages",status="{status}"}}' for status in ("sent", "skipped", "postponed", "error")
    }
    assert float(values['email_jobs_total{job="messages",status="sent"}']) >= 1
