"""What tells our publishers' messages from others on the same subjects, and askers' inboxes from other subjects.

NATS binds no reply subject by permissions: whoever may ask anything can have the answer delivered to any subject, one
of a stream as well (ADR 0032). Such messages bear the server's own headers, or lack what our publishers write.
"""

from collections.abc import Mapping

INBOXES = ("_INBOX", "_R_.")
"""How the subjects begin at which somebody waits for an answer: in this account, or in another, as the server writes
those; no stream keeps them."""
_MOVED = frozenset({"nats-stream", "nats-subject", "nats-sequence", "nats-time-stamp", "nats-num-pending", "status"})
"""Headers that the server writes on what it hands out: answers to gets, and news about pulls."""


def is_ours(headers: Mapping[str, str] | None, message_type: str | None = None) -> bool:
    """Whether one of our publishers has put a message where it lies: with an id, under its own type."""
    if not headers or not headers.get("Nats-Msg-Id"):
        return False
    if any(name.lower() in _MOVED for name in headers):
        return False
    return message_type is None or headers.get("ce-type", message_type) == message_type


def may_be_answered(reply: str) -> bool:
    """Whether a question asks to be answered in an inbox, and not on a subject where the answer would be a message."""
    return reply.startswith(INBOXES)
