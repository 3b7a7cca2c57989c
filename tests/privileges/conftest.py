"""What each NATS user and each database role may not do, tried out for real; `make privileges` prints it."""

from collections.abc import Callable

import pytest

Denied = Callable[[str, str, str], None]
"""Notes one refusal: who was refused, what it tried, and the server's own word for it."""

_REFUSALS = pytest.StashKey[list[tuple[str, str, str]]]()


@pytest.fixture
def denied(request: pytest.FixtureRequest) -> Denied:
    """Puts a refusal on the list that is printed at the end."""
    refusals = request.config.stash.setdefault(_REFUSALS, [])

    def note(who: str, what: str, answer: str) -> None:
        refusals.append((who, " ".join(what.split()), answer))

    return note


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The list. Workers of a parallel run have their own, which nobody prints."""
    refusals = config.stash.get(_REFUSALS, [])
    for who in dict.fromkeys(who for who, _, _ in refusals):
        mine = [(what, answer) for name, what, answer in refusals if name == who]
        terminalreporter.section(f"{who}: {len(mine)} refusals", sep="-")
        for what, answer in mine:
            terminalreporter.line(f"  {what}  ->  {answer}")
