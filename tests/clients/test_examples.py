"""Clients that generators make from the served document book, pay, move and cancel, and their types are right."""

import asyncio
import os
import re
import shutil
import sys
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path

import httpx
import pytest

from devstack.seed import bearer, demo_tenant
from devstack.stack import Stack
from tests.support.eventually import eventually

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
MAKERS = ROOT / ".venv" / "clients" / "bin"
GLUE_LIMIT = 20
NO_GLUE = re.compile(
    r'^(?:from|import)\b[^(\n]*(?:\([^)]*\))?$|^(?:type|T) .*$|^(?:#|//).*$|^""".*"""$|^}$', re.MULTILINE
)
"""Imports, names of types, comments."""


async def run(directory: Path, *command: str, **environment: str) -> str:
    """What a command says; it must succeed."""
    everything = {**os.environ, **environment, "PATH": f"{MAKERS}{os.pathsep}{os.environ['PATH']}"}
    process = await asyncio.create_subprocess_exec(*command, cwd=directory, env=everything, stdout=PIPE, stderr=STDOUT)
    said = (await process.communicate())[0].decode()
    assert process.returncode == 0, said
    return said


@pytest.fixture
def customer(stack: Stack) -> dict[str, str]:
    """Where the stack is and how it is spoken to, as `make run` tells it: a tenant with something to sell."""
    key = demo_tenant(stack.api_url, stack.credentials.operator_api_key, "")
    return {"API_URL": stack.api_url, "API_KEY": key, "STRIPE_API_BASE": stack.servers.stripe.url}


async def played(customer: dict[str, str]) -> None:
    """Until there is one booking: paid, moved, called off, and the deposit given back."""
    url, headers = customer["API_URL"], bearer(customer["API_KEY"])
    async with httpx.AsyncClient(base_url=url, headers=headers, trust_env=False) as http:

        async def refunded() -> bool:
            [booking] = (await http.get("/v1/bookings")).json()["bookings"]
            assert booking["status"] == "cancelled"
            return bool(booking["deposit"]["status"] == "refunded")

        await eventually(refunded, within=20)


async def test_python(customer: dict[str, str], tmp_path: Path) -> None:
    shutil.copy(EXAMPLES / "python" / "book.py", tmp_path)
    document = f"{customer['API_URL']}/openapi.json"
    making = ["generate", "--url", document, "--meta", "none", "--output-path", "tidebook_client", "--fail-on-warning"]
    await run(tmp_path, "openapi-python-client", *making)
    # What was made is looked at for its types; how strict it is in itself is its maker's business.
    checking = ["--strict", "--follow-imports=silent", "--config-file=", "--cache-dir", str(tmp_path / "cache")]
    checking += ["--python-executable", str(MAKERS / "python")]
    await run(tmp_path, sys.executable, "-m", "mypy", *checking, "book.py")
    assert (await run(tmp_path, "python", "book.py", **customer)).strip() == "cancelled"
    await played(customer)


async def test_typescript(customer: dict[str, str], tmp_path: Path) -> None:
    directory = tmp_path / "typescript"
    shutil.copytree(EXAMPLES / "typescript", directory, ignore=shutil.ignore_patterns("node_modules", "*.d.ts"))
    (directory / "node_modules").symlink_to(EXAMPLES / "typescript" / "node_modules")
    for script in ("generate", "check"):
        await run(directory, "npm", "run", script, **customer)
    assert (await run(directory, "npm", "run", "--silent", "start", **customer)).strip() == "cancelled"
    await played(customer)


@pytest.mark.parametrize("name", ["python/book.py", "typescript/book.ts"])
def test_little_glue_is_needed(name: str) -> None:
    glue = [line for line in NO_GLUE.sub("", (EXAMPLES / name).read_text()).splitlines() if line.strip()]
    assert len(glue) <= GLUE_LIMIT, "\n".join(glue)
