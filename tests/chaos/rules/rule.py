"""How a rule is declared."""

from collections.abc import Callable, Iterator

from tests.chaos.evidence import Evidence

Rule = Callable[[Evidence], Iterator[str]]

RULES: dict[str, Rule] = {}
"""Every rule by its name: that of its function, with hyphens."""


def rule(check: Rule) -> Rule:
    """Declare a rule."""
    RULES[check.__name__.replace("_", "-")] = check
    return check
