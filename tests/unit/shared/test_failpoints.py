"""A process dies where it is told to, and nowhere else."""

import signal
import subprocess
import sys

import pytest

PROGRAM = """
import asyncio, sys
from shared.failpoints import KernelFailpoint, arm, failpoint, on_path

async def other_path():
    on_path("another-handler")
    failpoint(KernelFailpoint.COMMITTED)

async def main():
    on_path("billing-issue-refund")
    failpoint(KernelFailpoint.COMMITTING)
    await asyncio.create_task(other_path())
    print("one", flush=True)
    failpoint(KernelFailpoint.COMMITTED)
    print("two", flush=True)
    failpoint(KernelFailpoint.COMMITTED)
    print("three", flush=True)

if sys.argv[1]:
    arm(sys.argv[1])
asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("where", "reached"),
    [
        ("", "one two three"),
        ("transaction.committing", ""),
        ("transaction.committed", ""),
        ("transaction.committed@billing-issue-refund", "one"),
        ("transaction.committed@billing-issue-refund#2", "one two"),
        ("transaction.committed@billing-issue-refund#3", "one two three"),
        ("transaction.committed@another-handler", ""),
        ("transaction.committed@nobody", "one two three"),
        ("batch.read", "one two three"),
    ],
)
def test_dies_at_the_armed_place_only(where: str, reached: str) -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM, where], capture_output=True, text=True, check=False)
    assert done.stdout.split() == reached.split()
    survived = reached == "one two three"
    assert done.returncode == (0 if survived else -signal.SIGKILL)
    assert done.stderr == ("" if survived else f"failpoint_reached {where}\n")
