"""Letting requests in: the key, the quota, the scope. Every path operation declares which it asks for.

    caller: Annotated[Caller, Security(caller, scopes=[Scope.BOOKINGS_WRITE])]

`guard_of` finds that declaration again, so that the application can refuse to start with a route that has none.
"""

from functools import partial
from typing import Annotated

from fastapi import Depends
from fastapi.openapi.models import HTTPBearer
from fastapi.params import Security
from fastapi.routing import APIRoute
from fastapi.security import SecurityScopes
from fastapi.security.base import SecurityBase
from starlette.requests import Request

from gateway.http.answers import refuses
from gateway.http.load_shedding import Permit
from gateway.http.problems import Problem
from gateway.http.quota import Limiter
from gateway.http.routes import securities
from gateway.identity.authenticator import Authenticator, Caller
from gateway.identity.key_store import KeyStore
from gateway.identity.scopes import OPERATOR, Scope
from shared.contracts.fields import DEFAULT_COUNTRY

READ_ONLY_SECONDS = 30
"""When to try again: an incident takes minutes, a client should not take many more."""


class _ApiKey(SecurityBase):
    """Where a request carries its key: every `Authorization` header, since two are one too many."""

    def __init__(self) -> None:
        self.scheme_name = "ApiKey"
        description = (
            "A tenant's key (`tb_live_…`), or the operator's for tenants and keys. Each operation names the scope that "
            f"a tenant's key needs ({', '.join(f'`{scope}`' for scope in Scope)}), or `{OPERATOR}`: the operator's key."
        )
        self.model = HTTPBearer(description=description)

    async def __call__(self, request: Request) -> list[str]:
        return request.headers.getlist("authorization")


Authorization = Annotated[list[str], Depends(_ApiKey())]


class Access:
    """Decides who may come in, and how often."""

    def __init__(self, authenticator: Authenticator, keys: KeyStore, limiter: Limiter) -> None:
        self._authenticator = authenticator
        self._keys = keys
        self._limiter = limiter

    async def admit(self, request: Request, authorization: list[str], scopes: list[str]) -> Caller:
        """Let a tenant's request in: key, share of the places, quota, scopes, in this order.

        Raises 401 for a bad key, 503 `overloaded` beyond the share, 429 beyond the quota, 403 without the scopes, 503
        `read_only` in an incident, `Unavailable` if the key can't be looked up.
        """
        permit: Permit | None = request.scope.get("permit")
        caller = await self._authenticator.tenant(authorization, permit)
        if permit is not None:
            permit.belongs_to(caller.tenant_id)
        self._keys.note_use(caller.key_id)
        if caller.country is not None:
            request.scope["validation"] = {DEFAULT_COUNTRY: caller.country}
        decision = await self._limiter.take(caller.tenant_id)
        request.scope["quota"] = decision
        request.scope["charge"] = partial(self._limiter.charge, caller.tenant_id)  # should body or answer be long
        if decision is not None and not decision.allowed:
            raise Problem(
                429,
                f"More than {decision.limit} requests a minute.",
                headers={"Retry-After": str(decision.retry_seconds)},
            )
        for scope in scopes:
            require(caller, Scope(scope))
            if caller.read_only and Scope(scope).changes:
                raise Problem(
                    503,
                    "Nothing can be changed just now: the operator has switched to read-only.",
                    "read_only",
                    headers={"Retry-After": str(READ_ONLY_SECONDS)},
                )
        return caller

    async def admit_operator(self, request: Request, authorization: list[str]) -> None:
        """Let only the operator in. Raises 401, or 403 for a tenant's key."""
        await self._authenticator.operator(authorization, request.scope.get("permit"))

    def forget(self, key_id: str) -> None:
        """This key has just been revoked: it is looked up again before it is used here."""
        self._authenticator.forget(key_id)


def require(caller: Caller, scope: Scope) -> None:
    """Raises 403 if a key lacks a scope: one that an operation always asks for, or that a part of a body does."""
    if scope not in caller.scopes:
        raise Problem(403, f"The key lacks the scope {scope}.", extra={"scope": str(scope)})


def access_of(request: Request) -> Access:
    """How the application that serves this request lets requests in."""
    access: Access = request.app.state.access
    return access


@refuses("forbidden", "rate_limited", before_quota=("unauthorized", "unavailable", "overloaded"))
async def caller(request: Request, security: SecurityScopes, authorization: Authorization) -> Caller:
    """The tenant that a request speaks for, whose key has the scopes."""
    return await access_of(request).admit(request, authorization, security.scopes)


@refuses("unauthorized", "forbidden", "unavailable", "overloaded")
async def operator(request: Request, authorization: Authorization) -> None:
    """Let only the operator in."""
    await access_of(request).admit_operator(request, authorization)


OPERATOR_ONLY = Security(operator, scopes=[OPERATOR])


def more_refusals(guard: str | None) -> tuple[str, ...]:
    """With which codes a path operation refuses beside those of its functions, by what it asks of a key."""
    return ("read_only",) if guard in set(Scope) and Scope(guard).changes else ()


def guard_of(route: APIRoute) -> str | None:
    """What a path operation asks of a key: the scope of a tenant's, `operator`, or None for nothing.

    Raises ValueError for a declaration that asks for something else.
    """
    declared = [(security.dependency, list(security.scopes or ())) for security in securities(route)]
    if not declared:
        return None
    for dependency, scopes in declared:
        if len(declared) == 1 and len(scopes) == 1:
            if dependency is operator and scopes == [OPERATOR]:
                return OPERATOR
            if dependency is caller and scopes[0] in set(Scope):
                return scopes[0]
    raise ValueError(f"{route.name}: one `caller` with one scope, or `operator`")
