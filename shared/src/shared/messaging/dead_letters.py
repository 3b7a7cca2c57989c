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
        """The headers that `read` reads: the message's own as far as they are sane, and the story."""
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
    def read(cls, address: str, headers: Mapping[str, str], payload: bytes) -> Self:
        """What a consumer wrote to `address`. Of a letter that none of ours wrote only as much as it tells."""
        return cls(
            durable=headers.get("Dead-Durable", address.removeprefix("deadletter.")),
            subject=headers.get("Dead-Subject", ""),
            stream=headers.get("Dead-Stream", ""),
            sequence=_number(headers.get("Dead-Sequence", "")),
            attempts=_number(headers.get("Dead-Attempts", "")),
            reason=headers.get("Dead-Reason", "unknown"),
            error=headers.get("Dead-Error", ""),
            headers={k: v for k, v in headers.items() if not _OURS.fullmatch(k)},
            payload=payload,
        )


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _line(text: str) -> str:
    """One line of ASCII, which every client reads back as it was written."""
    return text.encode("ascii", "replace").decode()[:300].replace("\r", " ").replace("\n", " ")
