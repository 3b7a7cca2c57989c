"""What `tidebook doctor` finds: one line each, with what to do about it."""

from dataclasses import dataclass
from enum import StrEnum


class Grade(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    grade: Grade
    subject: str
    detail: str
    cure: str = ""
    """What to do; empty if all is well."""


def ok(subject: str, detail: str) -> Finding:
    """All is well."""
    return Finding(Grade.OK, subject, detail)


def warn(subject: str, detail: str, cure: str) -> Finding:
    """Works, but look at it."""
    return Finding(Grade.WARN, subject, detail, cure)


def fail(subject: str, detail: str, cure: str) -> Finding:
    """Something that Tidebook promises does not hold."""
    return Finding(Grade.FAIL, subject, detail, cure)


def graded(subject: str, detail: str, value: float, limits: tuple[float, float], cure: str) -> Finding:
    """By how far a value is beyond `limits`: the first warns, the second fails."""
    tolerable, bearable = limits
    if value <= tolerable:
        return ok(subject, detail)
    return warn(subject, detail, cure) if value <= bearable else fail(subject, detail, cure)


def clock(subject: str, behind_seconds: float) -> Finding:
    """A server's clock against ours."""
    detail = f"differs from this machine's by {abs(behind_seconds):.2f} s"
    return graded(subject, detail, abs(behind_seconds), (1, 5), "let NTP set the clocks of all machines")
