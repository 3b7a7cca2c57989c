"""Signed webhooks: sent in the background, tried again until they are taken.

A delivery is one event on its way to one endpoint, and is remembered as a document:
`{id, event, url, state, attempts, status}` with a state of `pending`, `delivered`, `failed` (every
attempt was refused) or `dropped` (a fault). Stripe publishes neither its time-out nor its
intervals; those here are short enough for tests and still give up in the end.
"""

import asyncio
import hashlib
import hmac
import json
import logging
import time
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass

import httpx

from devstack.stripe.faults import Faults
from devstack.stripe.objects import Resource
from devstack.stripe.store import Store

logger = logging.getLogger(__name__)

ATTEMPTS = 50
ATTEMPT_TIMEOUT_SECONDS = 10.0
FIRST_RETRY_SECONDS = 0.5
LONGEST_RETRY_SECONDS = 30.0
_CONNECTIONS = 64


@dataclass(frozen=True)
class Endpoint:
    """Where webhooks go, and the secret (`whsec_...`) that signs those sent there."""

    url: str
    secret: str


def signature_header(body: bytes, secret: str, timestamp: int) -> str:
    """`Stripe-Signature`: HMAC-SHA256 over `<timestamp>.<raw body>` (Stripe's documentation,
    "Verify webhook signatures manually")."""
    signed = f"{timestamp}.".encode() + body
    return f"t={timestamp},v1={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"


class Webhooks:
    """The deliveries of every event to every endpoint."""

    def __init__(self, store: Store, endpoints: list[Endpoint], faults: Faults) -> None:
        self.endpoints = endpoints
        self._store = store
        self._faults = faults
        self._tasks: set[asyncio.Task[None]] = set()
        self._by_event: dict[str, list[Resource]] = {}
        for delivery in store.all("delivery").values():
            self._by_event.setdefault(delivery["event"], []).append(delivery)
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(ATTEMPT_TIMEOUT_SECONDS, pool=None),
            limits=httpx.Limits(max_connections=_CONNECTIONS),
            headers={
                "Content-Type": "application/json; charset=utf-8",
                "User-Agent": "Stripe/1.0 (a fake of Tidebook's devstack)",
            },
            # Receivers are on this machine; a proxy of the environment has no part in it.
            trust_env=False,
        )

    def resume(self) -> None:
        """Sends again what an earlier run left pending."""
        for delivery in self._store.all("delivery").values():
            if delivery["state"] == "pending":
                self._start(self._deliver(delivery, 0))

    async def stop(self) -> None:
        """Ends every attempt; what is pending stays pending."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._client.aclose()

    def announce(self, event: Resource) -> None:
        """Starts the deliveries of a new event, with the webhook faults in force now."""
        deliveries = self._by_event[event["id"]] = []
        for endpoint in self.endpoints:
            delivery = {
                "id": f"{event['id']} {endpoint.url}",
                "event": event["id"],
                "url": endpoint.url,
                "state": "pending",
                "attempts": 0,
                "status": None,
            }
            deliveries.append(delivery)
            if self._faults.drops():
                delivery["state"] = "dropped"
            else:
                self._start(self._deliver(delivery, self._faults.delay()))
                for _ in range(self._faults.webhooks.duplicate):
                    self._start(self._send_copy(delivery, self._faults.delay()))
            self._store.put("delivery", delivery["id"], delivery)

    def resend(self, event_id: str) -> int:
        """Sends an event once more to every endpoint, now and whatever the faults; how many."""
        deliveries = self._by_event.get(event_id, [])
        for delivery in deliveries:
            if delivery["state"] == "pending":
                self._start(self._send_copy(delivery, 0))
            else:
                delivery["state"] = "pending"
                self._store.put("delivery", delivery["id"], delivery)
                self._start(self._deliver(delivery, 0))
        return len(deliveries)

    def deliveries(self, event_id: str) -> list[Resource]:
        """How an event fared with each endpoint that there was when it happened."""
        return self._by_event.get(event_id, [])

    def counts(self) -> Counter[str]:
        """Deliveries by state."""
        return Counter(delivery["state"] for delivery in self._store.all("delivery").values())

    def _start(self, sending: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(sending)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (problem := task.exception()):
            logger.error("a webhook's delivery broke off", exc_info=problem)

    async def _deliver(self, delivery: Resource, delay: float) -> None:
        await asyncio.sleep(delay)
        attempts_before = delivery["attempts"]
        pause = FIRST_RETRY_SECONDS
        while True:
            status = await self._attempt(delivery)
            delivery["attempts"] += 1
            delivery["status"] = status
            if status is not None and 200 <= status < 300:
                delivery["state"] = "delivered"
            elif delivery["attempts"] - attempts_before >= ATTEMPTS:
                delivery["state"] = "failed"
            self._store.put("delivery", delivery["id"], delivery)
            self._store.commit()
            if delivery["state"] != "pending":
                return
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_RETRY_SECONDS)

    async def _send_copy(self, delivery: Resource, delay: float) -> None:
        await asyncio.sleep(delay)
        await self._attempt(delivery)

    async def _attempt(self, delivery: Resource) -> int | None:
        """The receiver's status, or None if there was no answer."""
        endpoint = next((at for at in self.endpoints if at.url == delivery["url"]), None)
        event = self._store.find("event", delivery["event"])
        if endpoint is None or event is None:
            return None
        body = json.dumps(event, indent=2, ensure_ascii=False).encode()
        header = signature_header(body, endpoint.secret, int(time.time()))
        try:
            answer = await self._client.post(endpoint.url, content=body, headers={"Stripe-Signature": header})
        except httpx.HTTPError:
            return None
        return answer.status_code
