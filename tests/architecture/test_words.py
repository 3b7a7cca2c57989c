"""Words: the field's own instead of private ones, and reasons instead of papers that nobody here has."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = [
    path
    for folder in ("api-gateway", "booking-service", "billing-service", "notifier-service", "shared")
    for path in (ROOT / folder / "src").rglob("*.py")
]
PRIVATE = re.compile(r"\bwish|mailroom|\bdoors?\b|\bcrash.?points?\b|\bledger\b", re.IGNORECASE)
LETTER = re.compile(r"\bletters?\b", re.IGNORECASE)
PAPER = re.compile(
    r"design §|domain-rules|\breliability,? (?:[A-Z]\d|fact)|\((?:fact|fault) \d|\b(?:fact|fault)s? \d+\)"
)
CITING = ("**/src/**/*.py", "migrations/**/*.py", "tests/**/*.py", "bench/*.py", "deploy/**/*.*", "docs/**/*.yaml")


def lines_with(pattern: re.Pattern[str], paths: list[Path]) -> list[str]:
    found = []
    for path in paths:
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if pattern.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}")
    return found


def test_private_words_are_gone() -> None:
    assert not lines_with(PRIVATE, SOURCES)


def test_letters_are_dead_ones() -> None:
    about_mail = [path for path in SOURCES if "dead" not in path.read_text().lower()]
    assert not lines_with(LETTER, about_mail)


def test_nothing_cites_a_paper_that_is_not_here() -> None:
    paths = [p for pattern in CITING for p in ROOT.glob(pattern) if ".venv" not in p.parts and p != Path(__file__)]
    assert paths
    assert not lines_with(PAPER, [path for path in paths if path.is_file()])
