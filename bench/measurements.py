"""What can be measured, by name, in the order of RESULTS.md."""

from collections.abc import Callable, Coroutine
from typing import Any

from bench import availability, growth, latency, noisy, notifier, path, questions, reaction, relay, webhooks
from bench.report import Result
from bench.scale import Scale

Measure = Callable[[Scale], Coroutine[Any, Any, Result]]

MEASUREMENTS: dict[str, Measure] = {
    "path": path.measure,
    "webhooks": webhooks.measure,
    "reaction": reaction.measure,
    "relay": relay.measure,
    "latency": latency.measure,
    "questions": questions.measure,
    "availability": availability.measure,
    "noisy": noisy.measure,
    "notifier": notifier.measure,
}
EXTRA: dict[str, Measure] = {"growth": growth.measure}
"""Those that take too long to belong to every run."""
