"""The fake Stripe as a process of its own, and a server that takes its webhooks."""

import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import stripe

from devstack.ports import free_ports
from tests.support.eventually import allowed

API_KEY = "sk_test_fake"
WEBHOOK_SECRET = "whsec_fake"
CARDS_ONLY: dict[str, Any] = {"enabled": True, "allow_redirects": "never"}


@dataclass(frozen=True)
class Received:
    """One webhook as it came in."""

    path: str
    signature: str
    body: bytes

    @property
    def event(self) -> stripe.Event:
        """The event, once the official library has verified its signature."""
        event: stripe.Event = stripe.Webhook.construct_event(self.body, self.signature, WEBHOOK_SECRET)
        return event


class Receiver:
    """Takes webhooks on loopback; answers the next ones with `refusals`, the others with 200."""

    def __init__(self) -> None:
        self.refusals: list[int] = []
        self.received: list[Received] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.received.append(Received(self.path, self.headers["Stripe-Signature"], body))
                self.send_response(receiver.refusals.pop(0) if receiver.refusals else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def events(self, object_id: str) -> list[stripe.Event]:
        """What came about one object and those that point to it, in order of arrival."""
        return [received.event for received in self.received if object_id.encode() in received.body]

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class FakeStripe:
    """A `python -m devstack.stripe` that can be stopped, killed and started again."""

    def __init__(self, webhook_urls: list[str], state: Path | None = None) -> None:
        (self.port,) = free_ports(1)
        self.url = f"http://127.0.0.1:{self.port}"
        self._options = [f"--webhook-url={url}" for url in webhook_urls] + [f"--webhook-secret={WEBHOOK_SECRET}"]
        self._options += [f"--state={state}"] if state else []
        self.process: subprocess.Popen[bytes]
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "devstack.stripe", f"--port={self.port}", *self._options]
        self.process = subprocess.Popen(command)
        give_up_at = time.monotonic() + allowed(20)
        while not self._answers():
            assert self.process.poll() is None, "the fake Stripe ended while it started"
            assert time.monotonic() < give_up_at, "the fake Stripe did not start"

    def stop(self) -> float:
        """Ends it in order; how many seconds that took."""
        started = time.monotonic()
        self.process.terminate()
        self.process.wait(timeout=allowed(10))
        return time.monotonic() - started

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(timeout=allowed(10))

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/healthz", trust_env=False).is_success
        except httpx.TransportError:
            # What makes the loop wait: a process that listens nowhere yet.
            threading.Event().wait(0.02)
            return False


class Client:
    """The official library's asynchronous client of one fake, and plain HTTP beside it."""

    def __init__(self, url: str) -> None:
        self._library = stripe.HTTPXClient(timeout=5)
        client = stripe.StripeClient(
            API_KEY, base_addresses={"api": url}, http_client=self._library, max_network_retries=0
        )
        self.intents = client.v1.payment_intents
        self.refunds = client.v1.refunds
        self.events = client.v1.events
        self.charges = client.v1.charges
        self.customers = client.v1.customers
        self.http = httpx.AsyncClient(base_url=url, auth=(API_KEY, ""), trust_env=False, timeout=allowed(10))

    async def intent(self, **params: Any) -> stripe.PaymentIntent:
        """An intent of €25 for a booking of its own, that takes cards only."""
        given: Any = {
            "amount": 2500,
            "currency": "eur",
            "automatic_payment_methods": CARDS_ONLY,
            "metadata": {"booking_id": str(uuid4())},
        }
        return await self.intents.create_async(given | params)

    async def paid(self, card: str = "pm_card_visa") -> stripe.PaymentIntent:
        """An intent of €25 that was paid with a test card."""
        return await self.intent(confirm=True, payment_method=card)

    async def faults(self, **faults: dict[str, Any]) -> None:
        """Puts faults in force."""
        answer = await self.http.post("/_fake/faults", json=faults)
        assert answer.status_code == 200, answer.text

    async def summary(self) -> dict[str, Any]:
        """The fake's own counts."""
        counts: dict[str, Any] = (await self.http.get("/_fake/summary")).json()
        return counts

    async def close(self) -> None:
        await self._library.close_async()  # type: ignore[no-untyped-call]
        await self.http.aclose()


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    """Where the webhooks of the module's fake go."""
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture(scope="module")
def fake_stripe(receiver: Receiver) -> Iterator[FakeStripe]:
    """A fake that remembers nothing, shared by a module."""
    fake = FakeStripe([f"{receiver.url}/webhooks/stripe"])
    yield fake
    fake.stop()


@pytest.fixture
async def client(fake_stripe: FakeStripe, receiver: Receiver) -> AsyncIterator[Client]:
    """A client of the module's fake; no fault outlives the test."""
    client = Client(fake_stripe.url)
    yield client
    receiver.refusals.clear()
    await client.http.delete("/_fake/faults")
    await client.close()
