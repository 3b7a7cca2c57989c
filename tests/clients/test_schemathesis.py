"""Schemathesis reads the OpenAPI document and finds nothing that the running gateway does otherwise.

`make test` runs it for some twenty seconds, the same requests each time; `make conformance MINUTES=10 SEED=1` for long.
Why a finding is none stands beside its exclusion, in `schemathesis.toml` and `schemathesis_hooks.py`.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from devstack.seed import created
from devstack.stack import Stack
from tests.clients.conftest import tenant_key
from tests.support.client import ALWAYS

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SEED = os.environ.get("SEED", "1")
MINUTES = float(os.environ.get("MINUTES", "0"))
EXAMPLES = 30
"""For each operation, in each phase that makes examples up."""


def identity(name: str, key: str) -> dict[str, object]:
    """Somebody with an API key, in the form of the Web Fuzzing Commons."""
    return {"name": name, "fixedHeaders": [{"name": "Authorization", "value": f"Bearer {key}"}]}


def shop(stack: Stack, key: str) -> dict[str, str]:
    """The ids of a service with a deposit, and of who offers it around the clock, as the hooks are told them."""
    offer = {"name": "Cleaning", "duration_minutes": 60, "deposit_percent": 30, "minimum_notice_minutes": 0}
    with httpx.Client(base_url=stack.api_url, timeout=20, trust_env=False) as http:
        service = created(http, key, "/v1/services", {**offer, "price": {"amount": 9000, "currency": "eur"}})["id"]
        team = {"name": "Team A", "time_zone": "Europe/Paris", "weekly_hours": ALWAYS, "service_ids": [service]}
        return {"SHOP_SERVICE": service, "SHOP_RESOURCE": created(http, key, "/v1/resources", team)["id"]}


@pytest.mark.timeout(360 + MINUTES * 120)
def test_schemathesis_finds_nothing(stack: Stack, tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    one, other = tenant_key(stack, "One"), tenant_key(stack, "Other")
    keys.write_text(json.dumps({"auth": [identity("one", one), identity("other", other)]}))
    bound = ["--max-time", f"{MINUTES * 60:.0f}"] if MINUTES else ["--max-examples", str(EXAMPLES)]
    command = [str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(HERE / "schemathesis.toml")]
    command += ["run", "--seed", SEED, *bound, "--no-color", "--generation-database", "none"]
    done = subprocess.run(
        [*command, f"{stack.api_url}/openapi.json"],
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "KEYS": str(keys),
            "OPERATOR_API_KEY": stack.credentials.operator_api_key,
            **shop(stack, one),
            "STRIPE_WEBHOOK_SECRET": stack.credentials.stripe_webhook_secret,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    [tried] = [line for line in done.stdout.splitlines() if line.strip().startswith("Tested: ")]
    paths = json.loads((ROOT / "docs/openapi/gateway.json").read_text())["paths"]
    assert int(tried.split()[1]) == sum(len(methods) for methods in paths.values())
