"""Idempotency keys: the first answer under a key is the answer (Stripe API reference, "Idempotent
requests").

Kept are the status and body of the first request that began, failures included; a request that
differs is refused, and so is one that comes while the first is still running.
"""

import hashlib
import json
from dataclasses import dataclass

from devstack.stripe import objects
from devstack.stripe.errors import ApiError, invalid
from devstack.stripe.forms import Tree
from devstack.stripe.store import Store

_MAXIMUM_LENGTH = 255
_KEPT_SECONDS = 24 * 3600
_KIND = "idempotency_key"


@dataclass(frozen=True)
class Answer:
    """A status and the JSON text sent with it; `request_id` is the request that got it first."""

    status: int
    body: str
    request_id: str


def fingerprint(method: str, path: str, given: dict[str, Tree]) -> str:
    """What must be equal in two requests with one key: endpoint and parameters, in any order."""
    compared = json.dumps([method, path, given], sort_keys=True)
    return hashlib.sha256(compared.encode()).hexdigest()


class IdempotencyKeys:
    """The keys of the last 24 hours. A key is taken, then kept with its answer or let go."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._running: set[str] = set()

    def take(self, key: str, request: str) -> Answer | None:
        """The first answer, if there is one; otherwise the key is this request's to use.

        `request` is the fingerprint. Raises `ApiError`: 400 if the key is too long or was used for
        another request, 409 while the first request is running.
        """
        if not 0 < len(key) <= _MAXIMUM_LENGTH:
            raise invalid(f"An idempotency key has 1 to {_MAXIMUM_LENGTH} characters.")
        if key in self._running:
            raise ApiError(
                409,
                "idempotency_error",
                f"Another request with the idempotency key {key} is still running.",
                code="idempotency_key_in_use",
                should_retry=True,
            )
        kept = self._store.find(_KIND, key)
        if kept is None or kept["created"] + _KEPT_SECONDS < objects.now():
            self._running.add(key)
            return None
        if kept["request"] != request:
            raise ApiError(
                400,
                "idempotency_error",
                f"The idempotency key {key} was first used with another endpoint or other parameters.",
            )
        return Answer(kept["status"], kept["body"], kept["request_id"])

    def keep(self, key: str, request: str, answer: Answer) -> None:
        """The answer that every later request with the key gets."""
        document = {
            "request": request,
            "status": answer.status,
            "body": answer.body,
            "request_id": answer.request_id,
            "created": objects.now(),
        }
        self._store.put(_KIND, key, document)

    def let_go(self, key: str) -> None:
        """The request with the key is no longer running."""
        self._running.discard(key)
