"""What the documents name exists."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = [
    path
    for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "bench").glob("*.md"))
    if path.exists()
]
PATH = re.compile(r"`((?:[\w.-]+/)+[\w.-]*|[\w-]+\.(?:md|py|yml|toml|yaml))`")
TARGET = re.compile(r"`make ([a-z-]+)")
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")
BASES = (ROOT, *(ROOT / d for d in ("api-gateway/src", "booking-service/src", "billing-service/src")))
BASES += tuple(ROOT / d for d in ("notifier-service/src", "shared/src", "shared/src/shared", "devstack/src"))
BASES += (ROOT / "booking-service/src/booking", ROOT / "docs", ROOT / "deploy", ROOT / "cli/src/tidebook")
LINE_LENGTH = 120
CODE_BLOCK = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
UNBROKEN = re.compile(r"\s*([*+-] )?(\[[^\]]*\](\(|: ))?<?https?://\S+$")


def markdown_files() -> list[Path]:
    """Every Markdown file of the project, wherever it lies."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", "*.md"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    return [ROOT / name for name in listed if (ROOT / name).exists()]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_named_paths_exist(document: Path) -> None:
    text = document.read_text()
    named = {p for p in PATH.findall(text) if not p.startswith((".tidebook", "."))}
    named = {p for p in named if not re.search(r"/(v1|json|octet|problem)|^(text|application|image)/", p)}
    missing = [p for p in named if not any((base / p).exists() for base in (*BASES, document.parent))]
    missing += [link for link in LINK.findall(text) if not (document.parent / link).exists()]
    assert not missing


@pytest.mark.parametrize("document", markdown_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_prose_is_wrapped(document: Path) -> None:
    """At 120 columns like code; the rows of tables, code and a line that is one link can't be wrapped."""
    prose = CODE_BLOCK.sub(lambda block: "\n" * block[0].count("\n"), document.read_text())
    lines = enumerate(prose.splitlines(), start=1)
    long = [n for n, line in lines if len(line) > LINE_LENGTH and not line.startswith("|") and not UNBROKEN.match(line)]
    assert not long


def test_named_make_targets_exist() -> None:
    known = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {target for document in DOCUMENTS for target in TARGET.findall(document.read_text())}
    assert named <= known


def test_no_machine_path_or_index_address_is_tracked() -> None:
    pattern = r"--(extra-)?index-url|(^|[ \"'=])/(home|root|Users)/[a-z]"
    command = ["git", "grep", "-nIE", pattern, "--", ".", ":!tests/architecture/test_docs.py"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert not found.stdout
