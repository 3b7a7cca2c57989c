"""Rules about bookings: none lost, none twice, none overlapping, and each with a whole history."""

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from tests.chaos.evidence import Evidence, Row
from tests.chaos.history import Operation, Outcome
from tests.chaos.rules.rule import rule

OCCUPYING = ("pending_approval", "pending_payment", "confirmed", "in_progress", "completed", "no_show")
SEQUENCED_ONLY = "booking.late_payment_refused.v1"
"""The event that tells of no change: it counts in the sequence and leaves the version."""
NOT_FOUND = 404
CREATION = "command.booking.create_booking."


@rule
def acknowledged_booking_exists(evidence: Evidence) -> Iterator[str]:
    """Whoever was told "booked" has a booking, the one that was wished."""
    for operation in _of(evidence, "create", Outcome.OK):
        row = evidence.bookings_by_id.get(operation.booking_id or "")
        if row is None:
            yield f"booking {operation.booking_id} was acknowledged and is not there: {operation}"
        elif row["tenant_id"] != operation.tenant_id or row["command"] != operation.command:
            yield f"booking {operation.booking_id} is another's: {operation}"


@rule
def acknowledged_change_happened(evidence: Evidence) -> Iterator[str]:
    """Whoever was told "moved" or "cancelled" finds that state in the booking's history."""
    for kind in ("reschedule", "cancel"):
        for operation in _of(evidence, kind, Outcome.OK):
            history = evidence.booking_events.get(operation.booking_id or "", [])
            states = [(e["version"], _moment(e["booking"]["starts_at"])) for e in history]
            if (operation.version, _moment(operation.starts_at)) not in states:
                yield f"{kind} of {operation.booking_id} to version {operation.version} left no trace"
            if kind == "cancel" and not any(e["type"] == "booking.cancelled.v1" for e in history):
                yield f"{operation.booking_id} was acknowledged as cancelled and is not"


@rule
def accepted_request_is_decided(evidence: Evidence) -> Iterator[str]:
    """A request that was answered "accepted" has been decided in the end."""
    decided = {row["id"] for row in evidence.requests}
    for operation in evidence.operations:
        if operation.outcome is Outcome.ACCEPTED and operation.kind != "read" and operation.request_id not in decided:
            yield f"request {operation.request_id} was accepted and never decided: {operation}"


@rule
def command_is_carried_out_once(evidence: Evidence) -> Iterator[str]:
    """However often a command was repeated, and whatever its client knows, it made one booking or none."""
    made: dict[str, list[Row]] = defaultdict(list)
    for row in evidence.bookings:
        made[row["command"]].append(row)
    attempts = defaultdict(list)
    for operation in evidence.operations:
        if operation.kind == "create":
            attempts[operation.command].append(operation)
    for command, rows in made.items():
        # Without a key, every attempt is a command of its own; the load never repeats those.
        if len(rows) > 1:
            yield f"command {command} made {len(rows)} bookings: {[row['id'] for row in rows]}"
        if command not in attempts:
            yield f"booking {rows[0]['id']} was made for the command {command!r}, which nobody had"
    for command, operations in attempts.items():
        told = {o.booking_id for o in operations if o.outcome is Outcome.OK}
        if len(told) > 1:
            yield f"command {command} was answered with {len(told)} bookings: {sorted(map(str, told))}"


@rule
def refused_command_leaves_nothing(evidence: Evidence) -> Iterator[str]:
    """A command of which every attempt was refused has no booking."""
    wished = {row["command"]: row["id"] for row in evidence.bookings}
    outcomes = defaultdict(set)
    for operation in evidence.operations:
        if operation.kind == "create":
            outcomes[operation.command].add(operation.outcome)
    for command, seen in outcomes.items():
        if seen == {Outcome.FAIL} and command in wished:
            yield f"command {command} was refused and made booking {wished[command]}"


@rule
def key_makes_one_booking(evidence: Evidence) -> Iterator[str]:
    """An Idempotency-Key names one booking, whoever asks how often."""
    bookings: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in evidence.requests:
        if row["idempotency_key"] and row["result_id"] and row["type"].startswith(CREATION):
            bookings[row["tenant_id"], row["idempotency_key"]].add(row["result_id"])
    for operation in _of(evidence, "create", Outcome.OK):
        if operation.key and operation.booking_id:
            bookings[operation.tenant_id, operation.key].add(operation.booking_id)
    for (tenant, key), ids in bookings.items():
        if len(ids) > 1:
            yield f"key {key} of {tenant} stands for {len(ids)} bookings: {sorted(ids)}"


@rule
def slots_do_not_overlap(evidence: Evidence) -> Iterator[str]:
    """No two bookings that hold a slot share a moment of a resource, buffers included."""
    by_resource: dict[str, list[tuple[datetime, datetime, str]]] = defaultdict(list)
    for row in evidence.bookings:
        if row["status"] in OCCUPYING:
            begins = _moment(row["starts_at"]) - timedelta(minutes=row["buffer_before_minutes"])
            ends = _moment(row["ends_at"]) + timedelta(minutes=row["buffer_after_minutes"])
            by_resource[row["resource_id"]].append((begins, ends, row["id"]))
    for resource, held in by_resource.items():
        held.sort()
        latest = held[0]
        for begins, ends, booking in held[1:]:
            if begins < latest[1]:
                yield f"{booking} and {latest[2]} overlap on resource {resource}"
            latest = max(latest, (begins, ends, booking), key=lambda slot: slot[1])


@rule
def places_do_not_overlap(evidence: Evidence) -> Iterator[str]:
    """No two owners have the same unit of a resource at any moment."""
    by_unit: dict[tuple[str, int], list[Row]] = defaultdict(list)
    for row in evidence.allocations:
        by_unit[row["resource_id"], row["unit"]].append(row)
    for (resource, unit), rows in by_unit.items():
        rows.sort(key=lambda row: _moment(row["busy_from"]))
        for earlier, later in pairwise(rows):
            if _moment(later["busy_from"]) < _moment(earlier["busy_until"]):
                yield f"{earlier['owner_id']} and {later['owner_id']} both have unit {unit} of {resource}"


@rule
def who_occupies_has_all_its_places(evidence: Evidence) -> Iterator[str]:
    """A booking that occupies, and a hold that is kept, has each of its resources, and nobody else has any."""
    has: dict[str, set[str]] = defaultdict(set)
    for row in evidence.allocations:
        has[row["owner_id"]].add(row["resource_id"])
    due: dict[str, set[str]] = {}
    for row in evidence.bookings:
        if row["status"] in OCCUPYING:
            several = json.loads(row["resources"]) if row["resources"] else [{"id": row["resource_id"]}]
            due[row["id"]] = {resource["id"] for resource in several}
    for row in evidence.holds:
        if row["status"] == "held":
            due[row["id"]] = {resource["id"] for resource in json.loads(row["resources"])}
    for owner in due.keys() | has.keys():
        if due.get(owner, set()) != has.get(owner, set()):
            yield f"{owner} has the places {sorted(has.get(owner, ()))}, not {sorted(due.get(owner, ()))}"


@rule
def held_slots_end(evidence: Evidence) -> Iterator[str]:
    """In the end no hold is kept any more: it was booked or its time is over."""
    for row in evidence.holds:
        if row["status"] == "held":
            yield f"hold {row['id']} is still kept, until {row['expires_at']}"


@rule
def history_is_contiguous(evidence: Evidence) -> Iterator[str]:
    """Each booking's events count 1, 2, 3 …, its versions as well, and the last one shows the row."""
    for row in evidence.bookings:
        events = evidence.booking_events.get(row["id"], [])
        sequences = [event["sequence"] for event in events]
        if sequences != list(range(1, row["sequence"] + 1)):
            yield f"booking {row['id']} stands at sequence {row['sequence']}, its events are {sequences}"
            continue
        changes = [event for event in events if event["type"] != SEQUENCED_ONLY]
        versions = [event["version"] for event in changes]
        if versions != list(range(1, row["version"] + 1)):
            yield f"booking {row['id']} stands at version {row['version']}, its events have {versions}"
        elif difference := _difference(row, changes[-1]["booking"]):
            yield f"booking {row['id']} differs from its last event: {difference}"
    for booking in evidence.booking_events.keys() - evidence.bookings_by_id.keys():
        yield f"there are events about booking {booking}, which does not exist"


@rule
def acknowledged_booking_stays_visible(evidence: Evidence) -> Iterator[str]:
    """Once a booking is acknowledged or accepted, nobody who asks later is told that there is none."""
    known: dict[str, float] = {}
    for operation in evidence.operations:
        if operation.kind == "create" and operation.outcome in (Outcome.OK, Outcome.ACCEPTED) and operation.booking_id:
            known[operation.booking_id] = min(operation.ended, known.get(operation.booking_id, operation.ended))
    for operation in evidence.operations:
        missing = operation.kind == "read" and operation.status == NOT_FOUND and operation.code == "not_found"
        booking = operation.command.removeprefix("read ")
        if missing and operation.started > known.get(booking, operation.started):
            yield f"booking {booking} was known and then not found: {operation}"


@rule
def reads_show_acknowledged_changes(evidence: Evidence) -> Iterator[str]:
    """Whoever looks after a change was acknowledged sees it, or something newer."""
    changes: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for operation in evidence.operations:
        known = operation.outcome is Outcome.OK and operation.booking_id and operation.version
        if known and operation.kind in ("create", "reschedule", "cancel"):
            changes[operation.booking_id or ""].append((operation.ended, operation.version or 0))
    for operation in _of(evidence, "read", Outcome.OK):
        acknowledged = [v for ended, v in changes[operation.booking_id or ""] if ended < operation.started]
        if operation.version and operation.version < max(acknowledged, default=0):
            yield f"version {max(acknowledged)} was acknowledged, and {operation.version} shown later: {operation}"


@rule
def holds_end(evidence: Evidence) -> Iterator[str]:
    """In the end no booking waits for its deposit any more: it was paid or its hold expired."""
    for row in evidence.bookings:
        if row["status"] == "pending_payment":
            yield f"booking {row['id']} still waits for its deposit, held until {row['hold_expires_at']}"


@rule
def answers_are_never_500(evidence: Evidence) -> Iterator[str]:
    """Outages are answered with 503, and nothing the clients sent is anybody's fault."""
    for operation in evidence.operations:
        if operation.status == 500 and operation.kind != "pay":
            yield f"answered with 500: {operation}"


def _of(evidence: Evidence, kind: str, outcome: Outcome) -> Iterator[Operation]:
    return (o for o in evidence.operations if o.kind == kind and o.outcome is outcome)


def _difference(row: Row, snapshot: dict[str, Any]) -> str:
    for name in ("status", "resource_id", "service_id"):
        if row[name] != snapshot[name]:
            return f"{name} is {row[name]}, was announced as {snapshot[name]}"
    if _moment(row["starts_at"]) != _moment(snapshot["starts_at"]):
        return f"it starts at {row['starts_at']}, was announced for {snapshot['starts_at']}"
    return ""


def _moment(text: str | None) -> datetime:
    return datetime.fromisoformat(text or "0001-01-01T00:00:00+00:00")
