"""The jobs runner: reminders that still hold, heartbeats that tell the truth (`docs/operations.md`)."""

import asyncio
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from nats.js.errors import KeyNotFoundError

from shared.clock import utc_now
from shared.contracts.booking import bookings as contracts
from shared.messaging.broker import Broker
from shared.messaging.topology import JOBS_BUCKET
from shared.persistence.database import Database
from shared.zones import zone_of
from tests.service.notifier.conftest import Bookings, Customers, Inbox, JobsProcess, run_once
from tests.support.databases import database_settings, system_url
from tests.support.eventually import allowed, eventually
from tests.support.local_hours import zone_at

LONG_BEFORE = timedelta(hours=3)


@pytest.fixture(autouse=True, scope="module")
async def no_reminders_of_other_tests(database_urls: dict[str, str]) -> None:
    """A round of jobs is for every tenant: what other tests have planned is not this module's."""
    connection = await asyncpg.connect(system_url(database_urls["notifier"]))
    try:
        await connection.execute("DELETE FROM notifier.messages WHERE kind = 'reminder'")
    finally:
        await connection.close()


async def confirmed(customer: Customers, bookings: Bookings) -> None:
    """Hours ago a booking was confirmed that begins in an hour: its two-hour reminder is due."""
    event = await customer.hear(contracts.BookingConfirmed, "confirmed", occurred_at=utc_now() - LONG_BEFORE)
    bookings.known[customer.booking_id] = event.booking
    await customer.has(confirmed="sent", reminder="planned")


async def reminders(customer: Customers, inbox: Inbox) -> int:
    mails = await inbox.mails(customer.address)
    return sum(mail["subject"].startswith("Reminder: ") for mail in mails)


async def heartbeat(customer: Customers) -> dict[str, Any]:
    [row] = await customer.rows("SELECT * FROM job_heartbeats WHERE name = 'jobs-runner'")
    return row


async def test_once_sends_what_is_due_and_exits_with_0(
    customer: Customers, bookings: Bookings, inbox: Inbox, jobs_environment: dict[str, str]
) -> None:
    await confirmed(customer, bookings)
    status, said = await run_once(jobs_environment)
    assert status == 0, said
    assert await reminders(customer, inbox) == 1
    status, _ = await run_once(jobs_environment)
    assert status == 0
    assert await reminders(customer, inbox) == 1


@pytest.mark.parametrize(
    ("now", "version", "deposit", "minutes_ahead"),
    [
        pytest.param("cancelled", 2, None, 60, id="cancelled"),
        pytest.param("confirmed", 2, None, 600, id="moved"),
        pytest.param("confirmed", 1, "pending", 60, id="unpaid"),
        pytest.param("confirmed", 1, None, 0, id="begun"),
    ],
)
async def test_what_has_changed_at_the_last_second_is_not_reminded_of(
    customer: Customers,
    bookings: Bookings,
    inbox: Inbox,
    jobs_environment: dict[str, str],
    now: str,
    version: int,
    deposit: str | None,
    minutes_ahead: int,
) -> None:
    """booking-service knows already; its event has not come yet."""
    await confirmed(customer, bookings)
    later = Customers(customer.broker, customer.database, minutes_ahead=minutes_ahead)
    bookings.known[customer.booking_id] = customer.booking(now, deposit, version, starts_at=later.starts_at)
    status, said = await run_once(jobs_environment)
    assert status == 0, said
    assert await reminders(customer, inbox) == 0
    assert (await customer.statuses())["reminder"] == "skipped"


async def test_a_round_that_fails_beats_but_has_no_success(
    customer: Customers, bookings: Bookings, inbox: Inbox, jobs_environment: dict[str, str]
) -> None:
    status, _ = await run_once(jobs_environment)
    assert status == 0
    good = await heartbeat(customer)
    await confirmed(customer, bookings)
    booking = bookings.known.pop(customer.booking_id)
    status, said = await run_once(jobs_environment)
    assert status == 1, said
    bad = await heartbeat(customer)
    assert bad["beat_at"] > good["beat_at"]
    assert bad["last_success_at"] == good["last_success_at"]
    assert await reminders(customer, inbox) == 0

    bookings.known[customer.booking_id] = booking

    async def reminded() -> bool:
        await run_once(jobs_environment)
        return await reminders(customer, inbox) == 1

    await eventually(reminded, within=20, every=0.5)
    assert (await heartbeat(customer))["last_success_at"] > good["last_success_at"]


async def test_what_is_booked_shortly_before_is_not_said_twice(
    customer: Customers, inbox: Inbox, jobs_environment: dict[str, str]
) -> None:
    await customer.hear(contracts.BookingConfirmed, "confirmed", starts_at=utc_now() + timedelta(minutes=20))
    await customer.has(confirmed="sent")
    status, said = await run_once(jobs_environment)
    assert status == 0, said
    assert set(await customer.statuses()) == {"confirmed"}
    assert len(await inbox.mails(customer.address)) == 1


async def test_a_reminder_that_is_late_waits_for_the_morning(
    customer: Customers, bookings: Bookings, inbox: Inbox, jobs_environment: dict[str, str]
) -> None:
    """It is eleven at night; the relay was away at noon, when it was due."""
    event = await customer.hear(
        contracts.BookingConfirmed,
        "confirmed",
        time_zone=zone_at(23),
        starts_at=utc_now() + timedelta(hours=13),
        occurred_at=utc_now() - timedelta(hours=20),
    )
    bookings.known[customer.booking_id] = event.booking
    await customer.has(confirmed="sent", reminder="planned")
    status, said = await run_once(jobs_environment)
    assert status == 0, said
    assert await reminders(customer, inbox) == 0
    [late, later] = await customer.rows(
        "SELECT * FROM messages WHERE booking_id = :id AND kind = 'reminder' ORDER BY send_at", id=customer.booking_id
    )
    assert (late["status"], late["last_error"], later["status"]) == ("queued", "quiet hours", "planned")
    waits_until: datetime = late["next_attempt_at"]
    assert waits_until.astimezone(zone_of(event.booking.time_zone)).strftime("%H:%M") == "08:00"
    assert timedelta(hours=8) < waits_until - utc_now() <= timedelta(hours=9)


async def test_any_number_of_runners_send_each_reminder_once(
    notifier_broker: Broker,
    notifier_database: Database,
    bookings: Bookings,
    inbox: Inbox,
    jobs_environment: dict[str, str],
) -> None:
    customers = [Customers(notifier_broker, notifier_database) for _ in range(30)]
    await asyncio.gather(*(confirmed(customer, bookings) for customer in customers))
    rounds = await asyncio.gather(*(run_once(jobs_environment) for _ in range(3)))
    assert [status for status, _ in rounds] == [0, 0, 0]
    assert [await reminders(customer, inbox) for customer in customers] == [1] * 30


async def test_the_runner_serves_its_health_and_ends_gracefully(
    customer: Customers,
    bookings: Bookings,
    inbox: Inbox,
    jobs_environment: dict[str, str],
    tmp_path: Path,
) -> None:
    jobs = JobsProcess(jobs_environment, tmp_path)
    await asyncio.to_thread(jobs.start)
    try:
        # Not `confirmed`: the runner may send the reminder before anybody sees it planned.
        event = await customer.hear(contracts.BookingConfirmed, "confirmed", occurred_at=utc_now() - LONG_BEFORE)
        bookings.known[customer.booking_id] = event.booking
        await customer.has(confirmed="sent")

        async def reminded() -> bool:
            return await reminders(customer, inbox) == 1

        await eventually(reminded, within=20)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{jobs.port}", timeout=allowed(10)) as http:
            assert (await http.get("/healthz")).status_code == 200
            assert (await http.get("/readyz")).json()["service"] == "jobs"

            async def counted() -> bool:
                return 'email_jobs_total{job="reminders",status="sent"} 1.0' in (await http.get("/metrics")).text

            await eventually(counted)
        told = await told_heartbeat(customer.broker)
        recorded = await heartbeat(customer)
        assert told["name"] == "jobs-runner"
        assert told["interval_seconds"] == 0.5
        assert told["instance"] == recorded["instance"]
        assert told["last_success_at"] is not None
    finally:
        await asyncio.to_thread(jobs.stop)
    assert jobs.exit_status == "exit code 0"


async def told_heartbeat(broker: Broker) -> dict[str, Any]:
    """What the gateway's `/readyz` reads."""
    bucket = await broker.js.key_value(JOBS_BUCKET)

    async def look() -> dict[str, Any] | None:
        try:
            value = (await bucket.get("jobs-runner")).value
        except KeyNotFoundError:
            return None
        return json.loads(value) if value else None

    beat = await eventually(look)
    assert beat is not None
    return beat


async def test_with_mail_off_what_is_due_is_skipped(
    customer: Customers, bookings: Bookings, inbox: Inbox, jobs_environment: dict[str, str]
) -> None:
    await confirmed(customer, bookings)
    status, said = await run_once(jobs_environment | {"MAIL_ADAPTER": "off"})
    assert status == 0, said
    assert (await customer.statuses())["reminder"] == "skipped"
    assert await reminders(customer, inbox) == 0


async def test_a_missing_credential_stops_the_start(jobs_environment: dict[str, str]) -> None:
    status, said = await run_once(jobs_environment | {"MAIL_ADAPTER": "sendgrid"})
    assert status == 2
    assert "SENDGRID_API_KEY" in said
    assert len(said.strip().splitlines()) == 1


async def test_without_its_database_a_round_fails(
    jobs_environment: dict[str, str],
) -> None:
    nowhere = database_settings("notifier", "postgresql://x:y@127.0.0.1:1/no")
    status, said = await run_once(jobs_environment | nowhere)
    assert status == 1
    assert "database" in said
