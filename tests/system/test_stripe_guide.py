"""docs/stripe.md, followed word by word: its commands as they are written, with a fake in Stripe's place.

What differs is what must: the port, the secret "as printed", the id "of the booking", and `STRIPE_API_BASE`, which the
page names for it. `stripe` on the PATH is `tests/support/stripe_cli.py`; its events come from a fake Stripe of its own,
not from the one that `make run` starts.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import stripe

from billing.settings import BillingSettings
from devstack.ports import LOOPBACK, Ports, free_ports
from devstack.servers import temporary_directory
from gateway.settings import GatewaySettings
from shared.runtime.settings import ServiceSettings
from tests.support.client import Api, in_days
from tests.support.documents import ROOT, blocks
from tests.support.eventually import allowed, eventually
from tests.system.conftest import payable, reaches

PAGE = ROOT / "docs/stripe.md"
LISTEN, RUN, CONFIRM = (block.text for block in blocks(PAGE))
READY_SECONDS = 90


@dataclass(frozen=True)
class Followed:
    """The page's two shells: the stack is up, events are forwarded."""

    api_url: str
    variables: dict[str, str]
    """What `dev.env` tells."""
    shell: dict[str, str]
    """The environment of whoever follows the page."""
    log: Path

    def confirm(self, payment_intent_id: str) -> None:
        """The step that pays."""
        command = replaced(CONFIRM, "pi_of_the_booking", payment_intent_id)
        subprocess.run(["sh", "-euc", command], env=self.shell, check=True, capture_output=True, timeout=allowed(20))


def replaced(command: str, what: str, by: str) -> str:
    """A command of the page with the one thing in it that is the reader's own."""
    assert command.count(what) == 1, command
    return command.replace(what, by)


@contextmanager
def running(command: str, log: Path, shell: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A command of the page in a shell of its own, until Ctrl-C."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["sh", "-euc", command],
            cwd=ROOT,
            env=shell,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(allowed(30))


def shown(process: subprocess.Popen[bytes], log: Path, pattern: str) -> re.Match[str]:
    """What a command shows, once it does."""
    deadline = time.monotonic() + allowed(READY_SECONDS)
    while not (found := re.search(pattern, log.read_text())):
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        try:
            process.wait(0.2)
        except subprocess.TimeoutExpired:
            continue
    return found


@pytest.fixture(scope="module")
def followed() -> Iterator[Followed]:
    """The page up to `make run`."""
    directory = temporary_directory()
    base = next(b for b in free_ports(100) if b < 30_000 and not Ports.from_base(b).taken())
    [fake] = free_ports(1)
    tools = directory / "tools"
    tools.mkdir()
    (tools / "stripe").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m tests.support.stripe_cli "$@"\n')
    (tools / "stripe").chmod(0o755)
    shell = {
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "HOME": os.environ.get("HOME", str(directory)),
        "PYTHONPATH": str(ROOT),
        "FAKE_STRIPE_PORT": str(fake),
        "STRIPE_API_BASE": f"http://{LOOPBACK}:{fake}",
        "TIDEBOOK_DIR": str(directory / "data"),
        "TIDEBOOK_PORT_BASE": str(base),
    }
    listening, stack = directory / "listen.log", directory / "run.log"
    try:
        with ExitStack() as both:
            process = both.enter_context(running(replaced(LISTEN, ":8000/", f":{base}/"), listening, shell))
            secret = shown(process, listening, r"whsec_\w+")[0]
            process = both.enter_context(running(replaced(RUN, "whsec_as_printed", secret), stack, shell))
            shown(process, stack, "Ctrl-C stops everything")
            told = (directory / "data" / "dev.env").read_text().splitlines()
            yield Followed(f"http://{LOOPBACK}:{base}", dict(line.split("=", 1) for line in told), shell, stack)
    finally:
        shutil.rmtree(directory)


@pytest.fixture
async def api(followed: Followed) -> AsyncIterator[Api]:
    """The API that `make run` has started."""
    async with httpx.AsyncClient(base_url=followed.api_url, timeout=allowed(40), trust_env=False) as http:
        yield await Api.for_new_tenant(http, followed.variables["OPERATOR_API_KEY"])


async def test_a_deposit_is_paid_as_the_page_says(followed: Followed, api: Api) -> None:
    service = await api.service(deposit_percent=30)
    await api.resource(service)
    booking = (await api.book(service, in_days(3))).json()
    intent = await payable(api, booking["id"])
    assert (await api.payment(booking["id"]))["client_secret"].startswith(f"{intent}_secret_"), "for the payment page"
    followed.confirm(intent)
    await reaches(api, booking["id"], "confirmed")
    assert (await api.payment(booking["id"]))["status"] == "succeeded"


async def test_what_is_run_says_which_stripe_it_is(followed: Followed) -> None:
    seen = followed.log.read_text()
    assert f"Stripe is {followed.shell['STRIPE_API_BASE']}, in test mode" in seen
    assert "pay with a test card" not in seen
    assert followed.variables["STRIPE_WEBHOOK_SECRET"].startswith("whsec_")
    assert followed.variables["STRIPE_API_BASE"] == ""


def test_the_settings_of_the_table_are_those_of_who_reads_them() -> None:
    rows = re.findall(r"^\| `(STRIPE_\w+)` \| ([a-z-]+) \| (.*) \|$", PAGE.read_text(), re.MULTILINE)
    owners: dict[str, type[ServiceSettings]] = {"billing-service": BillingSettings, "gateway": GatewaySettings}
    assert {name for name, _, _ in rows} == {"STRIPE_API_KEY", "STRIPE_WEBHOOK_SECRET", "STRIPE_API_BASE"}
    for name, owner, says in rows:
        default = owners[owner].model_fields[name.lower()].default
        assert not isinstance(default, str) or f"`{default}` unless you say otherwise" in says


def test_a_key_of_live_mode_is_refused(followed: Followed, tmp_path: Path) -> None:
    live = replaced(RUN, "sk_test_yours", "sk_live_yours")
    shell = followed.shell | {"TIDEBOOK_DIR": str(tmp_path), "TIDEBOOK_PORT_BASE": "29000"}
    done = subprocess.run(
        ["sh", "-euc", live], cwd=ROOT, env=shell, capture_output=True, text=True, timeout=allowed(60), check=False
    )
    assert done.returncode != 0
    assert "is of live mode" in done.stderr


@pytest.mark.parametrize(
    ("secret", "age", "reason"), [("whsec_of_another_endpoint", 0, "signature"), (None, 3600, "timestamp")]
)
async def test_what_is_refused_is_counted_by_the_word_of_the_page(
    followed: Followed, api: Api, secret: str | None, age: int, reason: str
) -> None:
    assert f"`{reason}`" in PAGE.read_text()
    body, at = '{"object": "event"}', int(time.time()) - age
    key = secret or followed.variables["STRIPE_WEBHOOK_SECRET"]
    signature = stripe.WebhookSignature._compute_signature(f"{at}.{body}", key)
    headers = {"Stripe-Signature": f"t={at},v1={signature}", "Content-Type": "application/json"}
    async with httpx.AsyncClient(base_url=followed.api_url, timeout=allowed(20), trust_env=False) as stranger:
        refused = await stranger.post("/webhooks/stripe", content=body, headers=headers)
        assert refused.status_code == 400, refused.text

        async def counted() -> bool:
            metrics = (await stranger.get("/metrics")).text
            return f'stripe_webhook_rejected_total{{reason="{reason}"}} 1.0' in metrics

        await eventually(counted)
