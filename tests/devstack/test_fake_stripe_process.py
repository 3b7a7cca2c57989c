"""The fake Stripe as a process: what it remembers, how it ends, which options it refuses."""

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from devstack.ports import free_ports
from tests.devstack.conftest import Client, FakeStripe, Receiver
from tests.support.eventually import allowed, eventually

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")  # the library's use of httpx


@pytest.mark.parametrize("end", ["stop", "kill"])
async def test_a_restart_forgets_nothing(receiver: Receiver, tmp_path: Path, end: str) -> None:
    fake = FakeStripe([f"{receiver.url}/hook"], tmp_path / "state" / "stripe.db")
    client = Client(fake.url)
    await client.faults(webhooks={"delay_seconds": 30})
    params: Any = {"amount": 700, "currency": "eur"}
    first = await client.intents.create_async(params, {"idempotency_key": "kept"})
    paid = await client.paid("pm_card_refundFail")
    refund = await client.refunds.create_async({"payment_intent": paid.id})
    events = await client.events.list_async({"limit": 100})
    assert receiver.events(paid.id) == []

    getattr(fake, end)()
    fake.start()

    again = await client.intents.create_async(params, {"idempotency_key": "kept"})
    assert (again, again.last_response and again.last_response.headers["idempotent-replayed"]) == (first, "true")
    assert await client.intents.retrieve_async(paid.id) == paid
    after = await client.events.list_async({"limit": 100})
    assert {event.id for event in events.data} <= {event.id for event in after.data}

    async def refund_failed() -> bool:
        return (await client.refunds.retrieve_async(refund.id)).status == "failed"

    async def delivered() -> bool:
        return not (await client.summary())["webhooks"]["pending"]

    # What was under way goes on: the refund that fails later, the webhooks that were late.
    await eventually(refund_failed)
    await eventually(delivered)
    assert {event.id for event in events.data} <= {received.event.id for received in receiver.received}
    await client.close()
    fake.stop()


async def test_it_ends_within_two_seconds_even_while_a_request_hangs() -> None:
    fake = FakeStripe(["http://127.0.0.1:9/nobody"])
    client = Client(fake.url)
    await client.faults(api={"timeout_after_success": 1})
    hanging = asyncio.create_task(client.intent())

    async def made() -> bool:
        return bool((await client.summary())["intents"])

    await eventually(made)
    seconds = await asyncio.to_thread(fake.stop)

    assert seconds < allowed(2)
    assert fake.process.returncode is not None
    await asyncio.gather(hanging, return_exceptions=True)
    await client.close()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--webhook-url=nowhere", "--webhook-secret=whsec_a"], "not an address"),
        (["--webhook-url=http://127.0.0.1:1/"], "--webhook-secret"),
        (["--webhook-url=http://127.0.0.1:1/", "--webhook-secret=secret"], "whsec_"),
        (["--webhook-url=http://127.0.0.1:1/"] * 2 + ["--webhook-secret=whsec_a"], "twice"),
        ([f"--state={Path(__file__)}"], "can't hold the state"),
    ],
)
def test_options_that_are_no_good_end_in_one_line(options: list[str], words: str) -> None:
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "devstack.stripe", f"--port={port}", *options]

    ended = subprocess.run(command, capture_output=True, text=True, timeout=allowed(20), check=False)

    assert ended.returncode == 1
    assert words in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_a_taken_port_is_said(fake_stripe: FakeStripe) -> None:
    command = [sys.executable, "-m", "devstack.stripe", f"--port={fake_stripe.port}"]

    ended = subprocess.run(command, capture_output=True, text=True, timeout=allowed(20), check=False)

    assert ended.returncode != 0
    assert "address already in use" in ended.stderr
    assert "Traceback" not in ended.stderr
