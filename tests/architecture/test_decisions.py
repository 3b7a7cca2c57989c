"""Decisions are numbered once each, so that a number in a comment leads to one page."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
DECISIONS = ROOT / "docs" / "adr"
NUMBERED = "[0-9][0-9][0-9][0-9]-*.md"
HEADER = re.compile(
    r"# (?P<number>\d{4}) (?P<title>.+)\n\n"
    r"\* Date: (?P<date>\d{4}-\d\d-\d\d)\n"
    r"\* Status: (?P<status>proposed|accepted|superseded by \d{4})\n\n"
)
SOURCES = ("api-gateway", "booking-service", "billing-service", "notifier-service", "shared", "devstack", "migrations")


def numbers() -> list[str]:
    return sorted(path.name[:4] for path in DECISIONS.glob(NUMBERED))


def test_a_number_has_one_decision_and_its_title() -> None:
    assert len(numbers()) == len(set(numbers()))
    for path in DECISIONS.glob(NUMBERED):
        assert path.read_text().startswith(f"# {path.name[:4]} "), path.name


def test_every_decision_has_a_date_and_a_status_and_stands_in_the_index() -> None:
    rows = []
    for path in sorted(DECISIONS.glob(NUMBERED)):
        found = HEADER.match(path.read_text())
        assert found, f"{path.name}: title, `* Date: YYYY-MM-DD`, `* Status: accepted`, an empty line"
        rows.append(f"| [{found['number']}]({path.name}) | {found['title']} | {found['date']} | {found['status']} |")
    index = (DECISIONS / "README.md").read_text().splitlines()
    assert [line for line in index if line.startswith("| [")] == rows


def test_a_decision_that_is_superseded_names_one_that_exists() -> None:
    for path in DECISIONS.glob(NUMBERED):
        for number in re.findall(r"^\* Status: superseded by (\d{4})$", path.read_text(), re.MULTILINE):
            assert number in numbers(), path.name


def test_a_number_in_the_code_leads_to_a_decision() -> None:
    for source in SOURCES:
        for path in (ROOT / source).rglob("*.py"):
            for cited in re.findall(r"ADRs? (\d{4}(?:, \d{4})*)", path.read_text()):
                assert set(cited.split(", ")) <= set(numbers()), f"{path.name}: {cited}"
