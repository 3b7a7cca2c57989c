"""What can be measured, by name, in the order of RESULTS.md."""

from collections.abc import Callable, Coroutine
from typing import Any

from bench import path, reaction
from bench.report import Result
from bench.scale import Scale

Measure = Callable[[Scale], Coroutine[Any, Any, Result]]

MEASUREMENTS: dict[str, Measure] = {
    "path": path.measure,
    "reaction": reaction.measure,
}
EXTRA: dict[str, Measure] = {}
"""Those that take too long to belong to every run."""
