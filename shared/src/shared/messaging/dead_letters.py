"""Dead letters: what a consumer could not handle, kept with the reason until somebody decides (ADR 0005, 0018).

The payload stays untouched; the story of its failure stands in `Dead-*` headers beside the message's own.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

_HEADER_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_OURS = re.compile(r"(nats|dead)-.*|status|description", re.IGNORECASE)
"""Headers that speak to the broker, to the client or of the death: never taken over from a message."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that one durable consumer could not handle."""

    durable: str
    subject: str
    """Where the message was published."""
    stream: str
    sequence: int
    """Its place in that stream."""
    attempts: int
    """How often it was delivered."""
    reason: str
    """`poison`, `refused` or `too_many_attempts`."""
    error: str
    headers: Mapping[str, str]
    """The message's own."""
    payload: bytes

    @property
    def address(self) -> str:
        """The subject of the dead letter itself."""
        return f"deadletter.{self.durable}"

    @property
    def message_id(self) -> str:
        """One dead letter for one message and consumer, however often it is written."""
        return f"{self.durable}:{self.stream}:{self.sequence}"

    def to_headers(self) -> dict[str, str]:
        """The headers that `from_headers` reads: the message's own as far as they are sane, and the story."""
        kept = {k: v for k, v in self.headers.items() if _HEADER_NAME.fullmatch(k) and not _OURS.fullmatch(k)}
        return kept | {
            "Dead-Subject": _line(self.subject),
            "Dead-Stream": self.stream,
            "Dead-Sequence": str(self.sequence),
            "Dead-Durable": self.durable,
            "Dead-Attempts": str(self.attempts),
            "Dead-Reason": self.reason,
            "Dead-Error": _line(self.error),
        }

    @classmethod
    def from_headers(cls, headers: Mapping[str, str], payload: bytes) -> Self:
        """What `to_headers` wrote. Raises ValueError for headers that no consumer of ours wrote."""
        try:
            return cls(
                durable=headers["Dead-Durable"],
                subject=headers["Dead-Subject"],
                stream=headers["Dead-Stream"],
                sequence=int(headers["Dead-Sequence"]),
                attempts=int(headers["Dead-Attempts"]),
                reason=headers["Dead-Reason"],
                error=headers["Dead-Error"],
                headers={k: v for k, v in headers.items() if not _OURS.fullmatch(k)},
                payload=payload,
            )
        except KeyError as error:
            raise ValueError(f"lacks the header {error}") from error


def _line(text: str) -> str:
    """One line of ASCII, which every client reads back as it was written."""
    return text.encode("ascii", "replace").decode()[:300].replace("\r", " ").replace("\n", " ")
