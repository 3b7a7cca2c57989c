"""`make migration` writes the next migration of a service and says what has to follow."""

import os
import re
import subprocess
import sys
from pathlib import Path
from shutil import copytree

import pytest

from migrations.__main__ import head

ROOT = Path(__file__).parents[3]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what it looks at and writes to."""
    copytree(ROOT / "migrations", tmp_path / "migrations")
    copytree(ROOT / "booking-service" / "src", tmp_path / "booking-service" / "src")
    return tmp_path


def migrations(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "migrations", *arguments]
    environment = {"PATH": os.environ["PATH"]}
    return subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("service", ["booking-service", "booking"])
def test_it_comes_after_the_newest_and_says_what_follows(checkout: Path, service: str) -> None:
    newest = head("booking")
    expected = f"{int(newest[:4]) + 1:04}_add_customers"
    done = migrations(checkout, "new", service, "add_customers")
    assert done.returncode == 0, done.stderr
    written = (checkout / "migrations" / "booking" / f"{expected}.py").read_text()
    assert written.startswith('"""Add customers."""\n')
    assert f'down_revision = "{newest}"' in written
    assert "lock_timeout = '2s'" in written
    assert migrations(checkout, "heads", "booking").stdout == f"booking: {expected}\n"
    code = re.search(r"^(booking-service/src/booking/\S+\.py): SCHEMA_REVISION = \"(\S+)\"", done.stdout, re.MULTILINE)
    assert code
    assert code[2] == expected
    assert f'SCHEMA_REVISION = "{expected}"' in (checkout / code[1]).read_text()


@pytest.mark.parametrize("name", ["Add customers", "", "add-customers", "../evil", "a_name_that_is_too_long_for_it"])
def test_a_name_that_can_not_be_is_refused(checkout: Path, name: str) -> None:
    before = sorted((checkout / "migrations" / "booking").glob("*.py"))
    done = migrations(checkout, "new", "booking-service", name)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert sorted((checkout / "migrations" / "booking").glob("*.py")) == before


@pytest.mark.parametrize("arguments", [("new",), ("new", "", "add_x"), ("new", "shop-service", "add_x")])
def test_without_a_service_it_says_how_to_call_it(checkout: Path, arguments: tuple[str, ...]) -> None:
    done = migrations(checkout, *arguments)
    assert done.returncode == 1
    assert "make migration service=" in done.stderr
