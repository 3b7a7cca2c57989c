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
import math
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from gateway.http.load_shedding import RETRY_SECONDS, SHED, Permit, overloaded
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
"""Known keys that are remembered; as many ids of which is known that there is no such key are, apart from them."""
STRANGERS = 512
"""Keys not known here that are looked up at once; one more is told 503 `overloaded`."""
LOOKED_UP_AT_ONCE = 200
"""Keys in one query. What strangers cost the database is a query at a time, however many there are."""
GATHER_SECONDS = 0.02
"""How long strangers wait for each other, so that they share a query, if nobody else wants one."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Whom a request speaks for: one tenant, with what its key allows."""

    key_id: str
    tenant_id: UUID
    tenant_name: str
    scopes: frozenset[Scope]
    read_only: bool = False
    """Whether the operator has switched changes off."""
    country: str | None = None
    """Where the tenant's phone numbers belong that don't say so."""
    currency: str | None = None
    """That of a price which names none."""
    time_zone: str | None = None
    """That of a resource which names none."""


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A key that may be used, as the database has it. Revoked ones are never handed out as such."""

    digest: bytes = field(repr=False)
    caller: Caller
    expires_at: datetime | None = None


LookUp = Callable[[Sequence[str]], Awaitable[Mapping[str, StoredKey]]]
"""Finds usable keys by their ids; unknown and revoked ones are left out. Raises `Unavailable`."""


class _Entry(NamedTuple):
    key: StoredKey
    looked_up_at: float


def unauthorized(*, sent: bool = True) -> Problem:
    """One constant answer for every way a key can be wrong, so that it tells nothing about any key.

    Without any key there is no error to name (RFC 6750 §3.1).
    """
    challenge = 'Bearer realm="tidebook"' + (', error="invalid_token"' if sent else "")
    return Problem(401, "A valid API key is needed.", headers={"WWW-Authenticate": challenge})


class Authenticator:
    """Knows who may come in: the operator by one configured key, tenants by theirs."""

    def __init__(self, operator_key: str, look_up: LookUp) -> None:
        self._operator_digest = hashlib.sha256(operator_key.encode()).digest()
        self._look_up = look_up
        self._entries: dict[str, _Entry] = {}
        self._unknown: dict[str, float] = {}
        """Ids of no usable key, and when they were looked up."""
        self._renewals: dict[str, asyncio.Future[StoredKey | None]] = {}
        """Known keys that are being looked up again."""
        self._strangers: dict[str, asyncio.Future[StoredKey | None]] = {}
        """Keys that are looked up for the first time."""
        self._looking: asyncio.Task[None] | None = None

    async def tenant(self, authorization: list[str], permit: Permit | None = None) -> Caller:
        """The caller of a tenant route, whose permit is given back while its key is looked up.

        Raises 401, 403 for the operator's key, 503 `overloaded` while too many keys are looked up, or `Unavailable`.
        """
        token = _bearer_token(authorization)
        if self._is_operator(token):
            raise Problem(403, "The operator's key manages tenants and keys; use a tenant's key here.")
        caller = await self._caller(token, permit)
        if caller is None:
            raise unauthorized()
        return caller

    async def operator(self, authorization: list[str], permit: Permit | None = None) -> None:
        """Let only the operator pass. Raises 401, or 403 for a tenant's valid key."""
        token = _bearer_token(authorization)
        if self._is_operator(token):
            return
        if await self._caller(token, permit) is None:
            raise unauthorized()
        raise Problem(403, "Only the operator's key may do this.")

    def forget(self, key_id: str) -> None:
        """Look this key up again before it is used: it has just been revoked here."""
        self._entries.pop(key_id, None)

    def _is_operator(self, token: str) -> bool:
        return hmac.compare_digest(hashlib.sha256(token.encode()).digest(), self._operator_digest)

    async def _caller(self, token: str, permit: Permit | None) -> Caller | None:
        parsed = parse_key(token)
        if parsed is None:
            return None
        key_id, digest = parsed
        key = await self._stored(key_id, permit)
        # An unknown id is compared too: it must not answer faster than a wrong secret.
        matches = hmac.compare_digest(digest, key.digest if key else bytes(32))
        if key is None or not matches or (key.expires_at and key.expires_at <= utc_now()):
            return None
        return key.caller

    async def _stored(self, key_id: str, permit: Permit | None) -> StoredKey | None:
        entry = self._entries.get(key_id)
        now = time.monotonic()
        if entry is None:
            if now - self._unknown.get(key_id, -math.inf) < FRESH_SECONDS:
                return None
            return await self._stranger(key_id, permit)
        age = now - entry.looked_up_at
        if age < FRESH_SECONDS:
            return entry.key
        renewal = self._ask(key_id, self._renewals)
        if age < TRUSTED_SECONDS:
            return entry.key
        usable_stale = age < STALE_SECONDS
        try:
            return await self._answer(renewal, PATIENCE_SECONDS if usable_stale else LOOKUP_SECONDS, permit)
        except Unavailable:
            if usable_stale:
                return entry.key
            raise

    async def _stranger(self, key_id: str, permit: Permit | None) -> StoredKey | None:
        if key_id not in self._strangers and len(self._strangers) >= STRANGERS:
            SHED.labels("unknown_keys").inc()
            raise overloaded("More new keys come than this gateway can look up.", RETRY_SECONDS)
        return await self._answer(self._ask(key_id, self._strangers), LOOKUP_SECONDS, permit)

    async def _answer(
        self, coming: asyncio.Future[StoredKey | None], seconds: float, permit: Permit | None
    ) -> StoredKey | None:
        """What the store says. Raises `Unavailable` if it says nothing in time."""
        if permit:
            permit.pause()
        # wait() rather than wait_for(): several wait for the same answer.
        await asyncio.wait({coming}, timeout=seconds)
        if permit:
            permit.resume()
        if coming.done() and coming.exception() is None:
            return coming.result()
        raise Unavailable("the key store does not answer")

    def _ask(self, key_id: str, asked: dict[str, asyncio.Future[StoredKey | None]]) -> asyncio.Future[StoredKey | None]:
        """Have this key looked up, unless it is being looked up already."""
        if key_id not in asked:
            asked[key_id] = asyncio.get_running_loop().create_future()
            if self._looking is None or self._looking.done():
                self._looking = asyncio.create_task(self._look())
        return asked[key_id]

    async def _look(self) -> None:
        """Look keys up as long as there are any, one query after the other, those that are in use first."""
        while self._renewals or self._strangers:
            if not self._renewals:
                await asyncio.sleep(GATHER_SECONDS)
            wanted = [*self._renewals, *self._strangers][:LOOKED_UP_AT_ONCE]
            found: Mapping[str, StoredKey] = {}
            failure: Exception | None = None
            try:
                found = await self._look_up(wanted)
            except Exception as error:  # noqa: BLE001 - whatever it is, whoever waits must hear of it
                failure = error
            for key_id in wanted:
                waiting = [asked.pop(key_id) for asked in (self._renewals, self._strangers) if key_id in asked]
                if failure is None:
                    self._remember(key_id, found.get(key_id))
                for coming in waiting:
                    _settle(coming, found.get(key_id), failure)

    def _remember(self, key_id: str, key: StoredKey | None) -> None:
        now = time.monotonic()
        if key is None:
            self._entries.pop(key_id, None)
            _make_room(self._unknown, key_id)
            self._unknown[key_id] = now
        else:
            _make_room(self._entries, key_id)
            self._entries[key_id] = _Entry(key, now)


def _make_room(cache: dict[str, Any], key_id: str) -> None:
    if key_id not in cache and len(cache) >= CACHE_SIZE:
        cache.pop(next(iter(cache)))


def _settle(coming: asyncio.Future[StoredKey | None], key: StoredKey | None, failure: Exception | None) -> None:
    if failure is None:
        coming.set_result(key)
    else:
        coming.set_exception(failure)
        coming.exception()  # whoever waits sees it; without a reader asyncio would complain


def _bearer_token(authorization: list[str]) -> str:
    """The token of exactly one `Authorization: Bearer` header. Raises the constant 401 for anything else."""
    if len(authorization) != 1:
        raise unauthorized(sent=bool(authorization))
    scheme, _, token = authorization[0].partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise unauthorized()
    return token
