"""What to do about a failed delivery: pure functions, no I/O (ADR 0005)."""

import random
from dataclasses import dataclass

from shared.errors import DomainError, NotYet, Poison, Unavailable

BUG_ATTEMPTS = 8
"""Deliveries before an unexpected error is taken for permanent: about half an hour, time for a fix."""
PATIENT_ATTEMPTS = 20
"""Deliveries before an outage or a missing fact is given up: most of a day."""
_DELAYS = (0.5, 1, 2, 5, 15, 60, 300, 900, 1800, 3600)


@dataclass(frozen=True, slots=True)
class Retry:
    """Deliver again after `delay` seconds."""

    delay: float


@dataclass(frozen=True, slots=True)
class Dead:
    """Put it into DEADLETTER; `reason` is a metric label."""

    reason: str


def backoff(attempt: int) -> float:
    """Seconds to wait after the given delivery (1 is the first), with 20 % jitter."""
    return _DELAYS[min(attempt, len(_DELAYS)) - 1] * random.uniform(0.8, 1.2)  # noqa: S311 - jitter, not a secret


def classify(error: BaseException, attempt: int) -> Retry | Dead:
    """Retry or dead-letter, by the error's type and how often the message has been delivered."""
    if isinstance(error, Poison):
        return Dead("poison")
    if isinstance(error, DomainError):
        return Dead("refused")
    limit = PATIENT_ATTEMPTS if isinstance(error, NotYet | Unavailable) else BUG_ATTEMPTS
    return Retry(backoff(attempt)) if attempt < limit else Dead("too_many_attempts")
