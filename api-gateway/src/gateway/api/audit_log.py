"""The audit log, as far as it concerns the tenant that asks."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query
from fastapi.params import Security
from pydantic import BaseModel

from gateway.api.dependencies import Runtime
from gateway.audit import AuditEntry as StoredEntry
from gateway.audit import AuditFilter, entries_about
from gateway.http.answers import ASKING, EXAMPLE_ID, next_page, refuses, shows
from gateway.http.parameters import Cursor, Limit, QueryInstant
from gateway.http.routes import api_router
from gateway.identity.access import caller
from gateway.identity.authenticator import Caller
from gateway.identity.scopes import Scope

routes = api_router("Audit")

_TEXT = r"^[^\x00-\x1f\x7f]+$"
"""NUL can't even be asked for."""
_EXAMPLE = {
    "id": str(EXAMPLE_ID),
    "recorded_at": "2026-11-20T10:00:00Z",
    "actor": "api_key 0123456789abcdef",
    "action": "settings.changed",
    "target": "settings",
    "details": "version 2: currency",
    "reason": "",
    "before": {"currency": None},
    "after": {"currency": "gbp"},
    "request_id": str(EXAMPLE_ID),
}

Actor = Annotated[
    str | None,
    Query(max_length=100, pattern=_TEXT, description="Only what they did: `operator`, or `api_key` and a key's id."),
]
Target = Annotated[
    str | None,
    Query(max_length=100, pattern=_TEXT, description="Only what was done to it: `settings`, `api_key` and an id …"),
]


class AuditEntry(BaseModel):
    """One thing that was done: by whom, to what, when, and why if they said so.

    `before` and `after` are the members that a change made different; null if it was no change of members.
    """

    id: UUID
    recorded_at: datetime
    actor: str
    action: str
    target: str
    details: str
    reason: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    request_id: UUID


class AuditLog(BaseModel):
    """Entries, newest first; `next_cursor` is null on the last page."""

    entries: list[AuditEntry]
    next_cursor: str | None


@routes.get(
    "/v1/audit-log",
    response_model=AuditLog,
    responses=shows(
        200,
        {"entries": [_EXAMPLE], "next_cursor": None},
        links=next_page("list_audit_log", "actor", "target", "from", "to"),
    ),
)
@refuses("validation_error", "invalid_cursor", *ASKING)
async def list_audit_log(
    caller: Annotated[Caller, Security(caller, scopes=[Scope.AUDIT_READ])],
    runtime: Runtime,
    limit: Limit = 50,
    cursor: Cursor = None,
    actor: Actor = None,
    target: Target = None,
    since: Annotated[QueryInstant | None, Query(alias="from", description="From this instant on.")] = None,
    until: Annotated[QueryInstant | None, Query(alias="to", description="Before this instant.")] = None,
) -> AuditLog:
    """What was done to this business's settings and keys, by its own keys and by the operator; newest first."""
    wanted = AuditFilter(actor, target, since, until)
    async with runtime.context().transaction({caller.tenant_id}) as tx:
        page, next_cursor = await entries_about(tx.session, caller.tenant_id, wanted, limit, cursor)
        return AuditLog(entries=[_shown(entry) for entry in page], next_cursor=next_cursor)


def _shown(entry: StoredEntry) -> AuditEntry:
    return AuditEntry(
        id=entry.id,
        recorded_at=entry.recorded_at,
        actor=entry.actor,
        action=entry.action,
        target=entry.object,
        details=entry.details,
        reason=entry.reason,
        before=entry.before,
        after=entry.after,
        request_id=entry.request_id,
    )
