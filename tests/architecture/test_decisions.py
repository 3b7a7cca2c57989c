"""Decisions are numbered once each, so that a number in a comment leads to one page."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
DECISIONS = ROOT / "docs" / "adr"
SOURCES = ("api-gateway", "booking-service", "billing-service", "notifier-service", "shared", "devstack", "migrations")


def numbers() -> list[str]:
    return sorted(path.name[:4] for path in DECISIONS.glob("*.md"))


def test_a_number_has_one_decision_and_its_title() -> None:
    assert len(numbers()) == len(set(numbers()))
    for path in DECISIONS.glob("*.md"):
        assert path.read_text().startswith(f"# {path.name[:4]} "), path.name


def test_a_number_in_the_code_leads_to_a_decision() -> None:
    for source in SOURCES:
        for path in (ROOT / source).rglob("*.py"):
            for cited in re.findall(r"ADRs? (\d{4}(?:, \d{4})*)", path.read_text()):
                assert set(cited.split(", ")) <= set(numbers()), f"{path.name}: {cited}"
