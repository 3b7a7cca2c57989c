"""What the documents name exists."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.support.documents import EXAMPLE, RUN, beside_blocks, blocks, markdown_files

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
SHELLS = ("sh", "bash", "zsh", "shell", "console", "shell-session")
COMMAND = re.compile(
    r"^ *(\$ |(\.venv/bin/|bin/)?(make|tidebook|curl|docker|git|generate-env|setup|pip)\b)", re.MULTILINE
)
UNBROKEN = re.compile(r"\s*([*+-] )?(\[[^\]]*\](\(|: ))?<?https?://\S+$")


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


@pytest.mark.parametrize("document", markdown_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_stand_in_blocks_that_say_whether_they_are_run(document: Path) -> None:
    """`sh`: `tests/system/test_documents.py` runs it as it is written; `sh example`: nothing can (see CONTRIBUTING)."""
    every = blocks(document)
    unnamed = [block.place for block in every if not block.info]
    assert not unnamed, "a block says after its fence what it holds: sh, sh example, json, text, …"
    commands = [block for block in every if block.info.split()[0] in SHELLS]
    assert not [block.place for block in commands if block.info not in (RUN, EXAMPLE)], "sh or sh example"
    assert not [block.place for block in every if block.info == "text" and COMMAND.search(block.text)]
    indented = [line for line in beside_blocks(document).splitlines() if line.startswith("    ")]
    assert not [line for line in indented if COMMAND.match(line)], "commands stand between fences"


def test_blocks_that_are_run_have_no_comments() -> None:
    """The prompt of zsh, macOS's shell, knows none: pasted there they are words of the command."""
    every = [block for document in markdown_files() for block in blocks(document) if block.info == RUN]
    assert every
    assert not [block.place for block in every if re.search(r"(^|\s)#", block.text)]


def test_named_make_targets_exist() -> None:
    known = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {target for document in DOCUMENTS for target in TARGET.findall(document.read_text())}
    assert named <= known


def test_no_machine_path_or_index_address_is_tracked() -> None:
    pattern = r"--(extra-)?index-url|(^|[ \"'=])/(home|root|Users)/[a-z]"
    command = ["git", "grep", "-nIE", pattern, "--", ".", ":!tests/architecture/test_docs.py"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert not found.stdout
