"""The auditor: holds everything that is left of a run against every rule."""

from dataclasses import dataclass

from tests.chaos.evidence import Evidence
from tests.chaos.rules import RULES


@dataclass(frozen=True, slots=True)
class Violation:
    """Something that must never be; `rule` is the name of what it breaks."""

    rule: str
    detail: str


def audit(evidence: Evidence) -> list[Violation]:
    """Every violation of every rule."""
    return [Violation(name, detail) for name, check in RULES.items() for detail in check(evidence)]
