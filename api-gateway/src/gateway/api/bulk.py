"""Many changes of bookings in one request, each with an outcome of its own."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi.params import Security
from pydantic import BaseModel, ConfigDict, Field, model_validator
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.bookings import EXAMPLE, LOCATION, Booking
from gateway.api.dependencies import Submitter
from gateway.http.answers import EXAMPLE_ID, refuses, shows
from gateway.http.body import STRICT, Body, unchanged
from gateway.http.headers import SentHeaders
from gateway.http.problem_types import PROBLEM_TYPES
from gateway.http.routes import api_router
from gateway.identity.access import caller
from gateway.identity.authenticator import Caller
from gateway.identity.scopes import Scope
from shared.contracts.base import Command, Outcome
from shared.contracts.booking.bookings import (
    ApproveBooking,
    CancelBooking,
    CompleteBooking,
    DeclineBooking,
    MarkNoShow,
    ReassignBooking,
    RescheduleBooking,
    StartBooking,
)
from shared.contracts.fields import Minute, ShortText, Whole

routes = api_router("Bookings")

MOST = 50
"""How many changes one request may ask for; each counts in the quota as a request."""


class BulkAction(StrEnum):
    """What is done with a booking: the verbs of its addresses."""

    APPROVE = "approve"
    DECLINE = "decline"
    CANCEL = "cancel"
    RESCHEDULE = "reschedule"
    REASSIGN = "reassign"
    START = "start"
    COMPLETE = "complete"
    NO_SHOW = "no-show"


_COMMANDS: Mapping[BulkAction, type[Command]] = {
    BulkAction.APPROVE: ApproveBooking,
    BulkAction.DECLINE: DeclineBooking,
    BulkAction.CANCEL: CancelBooking,
    BulkAction.RESCHEDULE: RescheduleBooking,
    BulkAction.REASSIGN: ReassignBooking,
    BulkAction.START: StartBooking,
    BulkAction.COMPLETE: CompleteBooking,
    BulkAction.NO_SHOW: MarkNoShow,
}
_TAKEN = {
    BulkAction.RESCHEDULE: ({"starts_at"}, {"starts_at", "resource_id"}),
    BulkAction.REASSIGN: ({"resource_ids"}, {"resource_ids", "reason"}),
}
"""Which members an action needs, and which it takes; the others take a reason."""


class BulkOperation(Body):
    """One change of one booking, with the members that the address of that verb takes."""

    booking_id: UUID
    action: BulkAction
    version: Whole = unchanged(ge=1, le=999_999_999, description="Only at this version, as `If-Match`.")
    reason: ShortText | None = None
    starts_at: Minute | None = None
    resource_id: UUID | None = None
    resource_ids: Annotated[list[UUID], Field(min_length=1, max_length=20)] | None = None

    @property
    def given(self) -> dict[str, Any]:
        """What is said of the change itself."""
        members = {name: getattr(self, name) for name in ("reason", "starts_at", "resource_id", "resource_ids")}
        return {name: value for name, value in members.items() if value is not None}

    @model_validator(mode="after")
    def _says_what_its_action_takes(self) -> Self:
        needed, taken = _TAKEN.get(self.action, (set(), {"reason"}))
        if missing := needed - set(self.given):
            raise ValueError(f"{self.action} needs {min(missing)}")
        if foreign := set(self.given) - taken:
            raise ValueError(f"{self.action} takes no {min(foreign)}")
        return self


class BulkChange(Body):
    """What is to be done with which bookings, each once: changes are made side by side."""

    model_config = STRICT | ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "operations": [
                        {"booking_id": str(EXAMPLE_ID), "action": "approve"},
                        {
                            "booking_id": "01936c5e-7d80-7000-8000-000000000009",
                            "action": "cancel",
                            "reason": "Ill",
                            "version": 2,
                        },
                    ]
                }
            ]
        }
    )

    operations: Annotated[list[BulkOperation], Field(min_length=1, max_length=MOST)]

    @model_validator(mode="after")
    def _names_each_booking_once(self) -> Self:
        if len({operation.booking_id for operation in self.operations}) < len(self.operations):
            raise ValueError("names a booking twice")
        return self


class BulkProblem(BaseModel):
    """Why a change was refused, in the members of a problem (RFC 9457) that say so."""

    type: str
    title: str
    status: int
    detail: str
    code: str


class BulkOutcome(BaseModel):
    """What became of one change."""

    booking_id: UUID
    action: BulkAction
    status: int = Field(description="As its own address would answer: 200, 202 while it waits, or a refusal's.")
    location: str = Field(description="Where the booking is shown, or what came of a change that still waits.")
    booking: Booking | None = None
    problem: BulkProblem | None = None


class BulkOutcomes(BaseModel):
    """The outcomes in the order of the operations."""

    outcomes: list[BulkOutcome]


_PLACE = LOCATION.format(id=EXAMPLE_ID)
_CONFLICT = PROBLEM_TYPES["version_conflict"]
_EXAMPLE = {
    "outcomes": [
        {
            "booking_id": str(EXAMPLE_ID),
            "action": "approve",
            "status": 200,
            "location": _PLACE,
            "booking": EXAMPLE | {"version": 2},
            "problem": None,
        },
        {
            "booking_id": str(EXAMPLE_ID),
            "action": "cancel",
            "status": 412,
            "location": _PLACE,
            "booking": None,
            "problem": {
                "type": _CONFLICT.uri,
                "title": _CONFLICT.title,
                "status": 412,
                "detail": "the booking is at version 3",
                "code": "version_conflict",
            },
        },
    ]
}


@routes.post("/v1/bookings/bulk", response_model=BulkOutcomes, responses=shows(200, _EXAMPLE))
@refuses("unavailable", "overloaded")
async def change_bookings(
    request: Request,
    caller: Annotated[Caller, Security(caller, scopes=[Scope.BOOKINGS_WRITE])],
    body: BulkChange,
    headers: SentHeaders,
    submitter: Submitter,
) -> Response:
    """Change up to fifty bookings. Each change is decided by itself, as its own address would decide it, and one that
    is refused keeps no other back. Under an `Idempotency-Key` a repeat does what was not done, and nothing twice."""
    if charge := request.scope.get("charge"):
        request.scope["quota"] = await charge(len(body.operations) - 1) or request.scope["quota"]
    envelopes = submitter.envelopes(
        request, caller.tenant_id, [(operation.booking_id, operation) for operation in body.operations], headers
    )
    commands = [_command(operation, one) for operation, one in zip(body.operations, envelopes, strict=True)]
    outcomes = await submitter.submit_all(request, commands, headers)
    told = [
        _told(operation, command.id, outcome)
        for operation, command, outcome in zip(body.operations, commands, outcomes, strict=True)
    ]
    return Response(BulkOutcomes(outcomes=told).model_dump_json(), media_type="application/json")


def _command(operation: BulkOperation, envelope: dict[str, Any]) -> Command:
    versions = None if operation.version is None else [operation.version]
    return _COMMANDS[operation.action](**envelope, **operation.given, expected_versions=versions)


def _told(operation: BulkOperation, command_id: UUID, outcome: Outcome | None) -> BulkOutcome:
    place = LOCATION.format(id=operation.booking_id)
    named: dict[str, Any] = {"booking_id": operation.booking_id, "action": operation.action}
    if outcome is None:
        return BulkOutcome(**named, status=202, location=f"{place}?command={command_id}")
    if refusal := outcome.refusal:
        known = PROBLEM_TYPES[refusal.code]
        problem = BulkProblem(
            type=known.uri, title=known.title, status=refusal.status, detail=refusal.detail, code=refusal.code
        )
        return BulkOutcome(**named, status=refusal.status, location=place, problem=problem)
    booking = Booking.model_validate(outcome.result or {})
    return BulkOutcome(**named, status=outcome.status, location=place, booking=booking)
