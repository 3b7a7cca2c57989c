"""What becomes of a failed delivery, as a table."""

import pytest

from shared.errors import DomainError, NotFound, NotYet, Poison, Unavailable
from shared.messaging.failures import BUG_ATTEMPTS, PATIENT_ATTEMPTS, Dead, Retry, backoff, classify

DELAYS = [0.5, 1, 2, 5, 15, 60, 300, 900, 1800, 3600, 3600, 3600]


@pytest.mark.parametrize(
    ("error", "attempt", "verdict"),
    [
        (Poison("x"), 1, "poison"),
        (DomainError("x"), 1, "refused"),
        (NotFound("x"), 1, "refused"),
        (NotYet("x"), PATIENT_ATTEMPTS, "too_many_attempts"),
        (Unavailable("x"), PATIENT_ATTEMPTS, "too_many_attempts"),
        (ValueError("x"), BUG_ATTEMPTS, "too_many_attempts"),
        (ValueError("x"), BUG_ATTEMPTS + 5, "too_many_attempts"),
    ],
)
def test_what_is_given_up(error: Exception, attempt: int, verdict: str) -> None:
    assert classify(error, attempt) == Dead(verdict)


@pytest.mark.parametrize(
    ("error", "attempt"),
    [
        (NotYet("x"), 1),
        (NotYet("x"), PATIENT_ATTEMPTS - 1),
        (Unavailable("x"), 1),
        (Unavailable("x"), PATIENT_ATTEMPTS - 1),
        (ValueError("a bug"), 1),
        (KeyError("a bug"), BUG_ATTEMPTS - 1),
        (TimeoutError(), 1),
    ],
)
def test_what_is_tried_again(error: Exception, attempt: int) -> None:
    verdict = classify(error, attempt)
    assert isinstance(verdict, Retry)
    assert verdict.delay == pytest.approx(DELAYS[min(attempt, 12) - 1], rel=0.2)


@pytest.mark.parametrize(("attempt", "delay"), list(enumerate(DELAYS, start=1)))
def test_delays_grow_and_are_spread(attempt: int, delay: float) -> None:
    drawn = [backoff(attempt) for _ in range(50)]
    assert all(0.8 * delay <= d <= 1.2 * delay for d in drawn)
    assert len(set(drawn)) > 1, "without jitter all replicas come back at once"


def test_patience_lasts_most_of_a_day() -> None:
    hours = sum(0.8 * DELAYS[min(a, 12) - 1] for a in range(1, PATIENT_ATTEMPTS)) / 3600
    assert 8 < hours < 24
