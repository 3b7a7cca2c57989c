"""Verification of Stripe's webhook signature scheme (Stripe docs, "Webhooks", "Verify manually").

Our own because the official function raises six kinds of exceptions for bad input and takes a
timestamp a year ahead. Pure: the clock is a parameter.
"""

import hashlib
import hmac
import re
from collections.abc import Sequence

TOLERANCE_SECONDS = 300
"""Both ways: an old signature may be a replay, one from the future will be."""
SIGNATURES_READ = 16
HEADER_LIMIT = 4096

_TIMESTAMP = re.compile(r"[0-9]{1,12}", re.ASCII)
_SIGNATURE = re.compile(r"[0-9a-f]{64}", re.ASCII)


class InvalidSignature(Exception):
    """The delivery is not from Stripe, or not fresh. `reason` is a metric label, never shown."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def verify(headers: Sequence[str], body: bytes, secrets: Sequence[str], now: float) -> None:
    """Check the `Stripe-Signature` headers of a request over its raw body; `now` is in epoch seconds.

    One timestamp and at least one `v1` signature, made with any of the active secrets. Other schemes
    (`v0`) are ignored. Raises `InvalidSignature`.
    """
    timestamp, signatures = check_form(headers, now)
    signed = b"%d." % timestamp + body
    genuine = False
    for secret in secrets:
        expected = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
        for signature in signatures:
            genuine |= hmac.compare_digest(expected, signature)
    if not genuine:
        raise InvalidSignature("signature")


def check_form(headers: Sequence[str], now: float) -> tuple[int, list[str]]:
    """The timestamp and signatures of `Stripe-Signature`, if they could be Stripe's and are fresh.

    Says nothing about the body, so that it can be asked before one is read. Raises `InvalidSignature`.
    """
    if not headers:
        raise InvalidSignature("missing")
    timestamp, signatures = _parse(headers)
    if abs(now - timestamp) > TOLERANCE_SECONDS:
        raise InvalidSignature("timestamp")
    return timestamp, signatures


def sign(body: bytes, secret: str, timestamp: int) -> str:
    """The header that Stripe would send for this body."""
    signature = hmac.new(secret.encode(), b"%d." % timestamp + body, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={signature}"


def _parse(headers: Sequence[str]) -> tuple[int, list[str]]:
    header = headers[0]
    if len(headers) > 1 or len(header) > HEADER_LIMIT or not header.isascii():
        raise InvalidSignature("malformed")
    timestamps: list[str] = []
    signatures: list[str] = []
    for part in header.split(","):
        name, _, value = part.strip().partition("=")
        if name == "t":
            timestamps.append(value)
        elif name == "v1":
            signatures.append(value)
    # A leading zero would make the signed text another than the one rebuilt from the number.
    if len(timestamps) != 1 or not _TIMESTAMP.fullmatch(timestamps[0]) or str(int(timestamps[0])) != timestamps[0]:
        raise InvalidSignature("malformed")
    if not 1 <= len(signatures) <= SIGNATURES_READ or not all(_SIGNATURE.fullmatch(s) for s in signatures):
        raise InvalidSignature("malformed")
    return int(timestamps[0]), signatures
