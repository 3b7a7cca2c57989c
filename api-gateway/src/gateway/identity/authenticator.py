"""From `Authorization` to the tenant that a request speaks for.

Keys are cached so that a request costs no query. The figures: a revoked key stops within
`TRUSTED_SECONDS` (5 s promised, 1 s left for the look itself); while the database is down a known
key goes on working for `STALE_SECONDS`, since an outage of one database need not be one of the
whole API. That is bounded because a gateway cut off from a healthy database must not honour, for as
long as the cut lasts, a key that was revoked there.
"""

import asyncio
import hashlib
import hmac
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from gateway.http.problems import Problem
from gateway.identity.keys import parse_key
from gateway.identity.scopes import Scope
from shared.clock import utc_now
from shared.errors import Unavailable

FRESH_SECONDS = 2.0
"""Younger than this an entry is used as it is; older, it is renewed behind the answer."""
TRUSTED_SECONDS = 4.0
"""Older than this an entry is only used if the database does not answer."""
STALE_SECONDS = 60.0
PATIENCE_SECONDS = 0.25
"""How long a request with a stale entry waits for the database before it goes on without."""
LOOKUP_SECONDS = 2.5
"""How long a request whose key is not known waits for the database before it is told 503."""
CACHE_SIZE = 10_000


@dataclass(frozen=True, slots=True)
class Caller:
    """Whom a request speaks for: one tenant, with what its key allows."""

    key_id: str
    tenant_id: UUID
    tenant_name: str
    scopes: frozenset[Scope]


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A key that may be used, as the database has it. Revoked ones are never handed out as such."""

    digest: bytes = field(repr=False)
    caller: Caller
    expires_at: datetime | None = None


LookUp = Callable[[str], Awaitable[StoredKey | None]]
"""Finds a usable key by its id; None for an unknown or revoked one. Raises `Unavailable`."""


class _Entry(NamedTuple):
    key: StoredKey | None
    looked_up_at: float


def unauthorized() -> Problem:
    """One constant answer for every way a key can be wrong, so that it tells nothing about any key."""
    return Problem(401, "A valid API key is needed.", headers={"WWW-Authenticate": "Bearer"})


class Authenticator:
    """Knows who may come in: the operator by one configured key, tenants by theirs."""

    def __init__(self, operator_key: str, look_up: LookUp) -> None:
        self._operator_digest = hashlib.sha256(operator_key.encode()).digest()
        self._look_up = look_up
        self._entries: dict[str, _Entry] = {}
        self._renewals: dict[str, asyncio.Task[StoredKey | None]] = {}

    async def tenant(self, authorization: list[str]) -> Caller:
        """The caller of a tenant route. Raises 401, 403 for the operator's key, or `Unavailable`."""
        token = _bearer_token(authorization)
        if self._is_operator(token):
            raise Problem(403, "The operator's key manages tenants and keys; use a tenant's key here.")
        caller = await self._caller(token)
        if caller is None:
            raise unauthorized()
        return caller

    async def operator(self, authorization: list[str]) -> None:
        """Let only the operator pass. Raises 401, or 403 for a tenant's valid key."""
        token = _bearer_token(authorization)
        if self._is_operator(token):
            return
        if await self._caller(token) is None:
            raise unauthorized()
        raise Problem(403, "Only the operator's key may do this.")

    def forget(self, key_id: str) -> None:
        """Look this key up again before it is used: it has just been revoked here."""
        self._entries.pop(key_id, None)

    def _is_operator(self, token: str) -> bool:
        return hmac.compare_digest(hashlib.sha256(token.encode()).digest(), self._operator_digest)

    async def _caller(self, token: str) -> Caller | None:
        parsed = parse_key(token)
        if parsed is None:
            return None
        key_id, digest = parsed
        key = await self._stored(key_id)
        # An unknown id is compared too: it must not answer faster than a wrong secret.
        matches = hmac.compare_digest(digest, key.digest if key else bytes(32))
        if key is None or not matches or (key.expires_at and key.expires_at <= utc_now()):
            return None
        return key.caller

    async def _stored(self, key_id: str) -> StoredKey | None:
        entry = self._entries.get(key_id)
        age = time.monotonic() - entry.looked_up_at if entry else float("inf")
        if entry and age < FRESH_SECONDS:
            return entry.key
        renewal = self._renewals.get(key_id)
        if renewal is None:
            renewal = self._renewals[key_id] = asyncio.create_task(self._renew(key_id))
            renewal.add_done_callback(lambda done: self._renewed(key_id, done))
        if entry and age < TRUSTED_SECONDS:
            return entry.key
        usable_stale = entry is not None and entry.key is not None and age < STALE_SECONDS
        # wait() rather than wait_for(): cancelling a query on a frozen server can hang.
        await asyncio.wait({renewal}, timeout=PATIENCE_SECONDS if usable_stale else LOOKUP_SECONDS)
        if renewal.done() and renewal.exception() is None:
            return renewal.result()
        if usable_stale and entry:
            return entry.key
        raise Unavailable("the key store does not answer")

    async def _renew(self, key_id: str) -> StoredKey | None:
        key = await self._look_up(key_id)
        if key_id not in self._entries and len(self._entries) >= CACHE_SIZE:
            self._entries.pop(next(iter(self._entries)))
        self._entries[key_id] = _Entry(key, time.monotonic())
        return key

    def _renewed(self, key_id: str, done: asyncio.Task[StoredKey | None]) -> None:
        del self._renewals[key_id]
        if not done.cancelled():
            done.exception()  # whoever waits has seen it; without a reader asyncio would complain


def _bearer_token(authorization: list[str]) -> str:
    """The token of exactly one `Authorization: Bearer` header. Raises the constant 401 for anything else."""
    if len(authorization) != 1:
        raise unauthorized()
    scheme, _, token = authorization[0].partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise unauthorized()
    return token
