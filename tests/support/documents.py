"""The project's Markdown files, and the blocks of code in them."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
RUN, EXAMPLE = "sh", "sh example"
"""What follows the fence of a block of commands: one is run by `tests/system/test_documents.py`, the other is not."""
_FENCED = re.compile(r"^( *)```([^\n]*)\n(.*?)^ *``` *$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """Some lines between fences."""

    place: str
    """The document and the line of the opening fence."""
    info: str
    text: str


def markdown_files() -> list[Path]:
    """Every Markdown file of the project, wherever it lies."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", "*.md"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    return [ROOT / name for name in listed if (ROOT / name).exists()]


def blocks(document: Path) -> list[Block]:
    """The fenced blocks of a document, in their order."""
    text, name = document.read_text(), document.relative_to(ROOT)
    return [
        Block(f"{name}:{text.count(chr(10), 0, found.start()) + 1}", found[2].strip(), found[3])
        for found in _FENCED.finditer(text)
    ]


def beside_blocks(document: Path) -> str:
    """What a document says outside of them."""
    return _FENCED.sub("", document.read_text())
