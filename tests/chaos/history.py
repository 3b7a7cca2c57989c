"""What every client did and was told: the history that the auditor holds against the system's state."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path


class Outcome(StrEnum):
    """What a client knows about its operation afterwards."""

    OK = "ok"
    """Carried out: the answer said so."""
    ACCEPTED = "accepted"
    """Stored for good (202); it will be carried out or refused, but not lost."""
    FAIL = "fail"
    """Refused, or never sent: it has no effect."""
    UNKNOWN = "unknown"
    """No answer, or one that does not say: it may have had its effect, once."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One attempt of one client. Seconds count from the start of the run."""

    kind: str
    tenant_id: str
    command: str
    """What is wanted; attempts that repeat each other under one key share it."""
    started: float
    ended: float
    outcome: Outcome
    status: int | None = None
    """The HTTP status; None without an answer."""
    code: str | None = None
    """The code of a refusal."""
    key: str | None = None
    request_id: str | None = None
    booking_id: str | None = None
    version: int | None = None
    starts_at: str | None = None
    """Of an answer that shows a booking."""


class History:
    """Operations in the order of their end."""

    def __init__(self, operations: list[Operation] | None = None) -> None:
        self.operations = operations or []

    def __iter__(self) -> Iterator[Operation]:
        return iter(self.operations)

    def add(self, operation: Operation) -> Operation:
        """Remember an operation that has ended."""
        self.operations.append(operation)
        return operation

    def counts(self) -> dict[str, Counter[str]]:
        """How many operations of each kind ended how."""
        counted: dict[str, Counter[str]] = {}
        for operation in self.operations:
            counted.setdefault(operation.kind, Counter())[operation.outcome] += 1
        return counted

    def write(self, path: Path) -> None:
        """As JSON, one operation a line."""
        path.write_text("".join(json.dumps(asdict(operation)) + "\n" for operation in self.operations))
