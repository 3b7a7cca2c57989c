"""Problem documents (RFC 9457): every answer that says no has the same shape and a stable `code`."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from pydantic_core import ErrorDetails
from starlette.responses import Response
from starlette.types import Scope as AsgiScope

from gateway.http.problem_types import DEFAULT_OF_STATUS, problem_type
from shared.contracts.base import Refusal
from shared.contracts.booking.availability import Slot
from shared.contracts.booking.bookings import BookingStatus
from shared.contracts.booking.holds import HoldStatus
from shared.errors import DomainError, Unavailable
from shared.messaging.rpc import Rejected

MEDIA_TYPE = "application/problem+json"
ERRORS_SHOWN = 20


class FieldError(BaseModel):
    """One thing wrong with a request; `field` is a dotted path, empty for the whole."""

    field: str
    message: str


class ProblemDocument(BaseModel):
    """An error as the API shows it (RFC 9457)."""

    type: str = Field(
        examples=["/problems/slot_taken"], description="An address at this gateway that explains the code."
    )
    title: str = Field(examples=["Slot taken"])
    status: int = Field(examples=[409])
    detail: str = Field(examples=["The slot is no longer free."])
    code: str = Field(examples=["slot_taken"], description="Stable; branch on this, not on the texts.")
    request_id: str = Field(description="Also in the `X-Request-Id` header of every answer.")
    # What a problem may say beside that; the factories have the document say that it may be missing, never null.
    errors: list[FieldError] = Field(default_factory=list, description="With `validation_error`: what is wrong where.")
    alternatives: list[Slot] = Field(
        default_factory=list, description="With `slot_taken`: the next free slots, as in `GET /v1/availability`."
    )
    scope: str = Field(default_factory=str, description="With `forbidden`: the scope that the key lacks.")
    version: int = Field(default_factory=int, description="With `version_conflict`: where the booking stands.")
    booking_status: BookingStatus = Field(
        default_factory=lambda: BookingStatus.CANCELLED,
        description="With `booking_closed` and `transition_not_allowed`: how the booking stands.",
    )
    wanted_status: BookingStatus = Field(
        default_factory=lambda: BookingStatus.COMPLETED,
        description="With `transition_not_allowed`: how it was to stand.",
    )
    hold_status: HoldStatus = Field(
        default_factory=lambda: HoldStatus.EXPIRED, description="With `hold_closed`: how the hold stands."
    )
    replaced_by: str = Field(default_factory=str, description="With `api_key_closed`: its successor, if it has one.")
    customer_id: str = Field(default_factory=str, description="With `customer_exists`: whose it is.")
    open_bookings: int = Field(default_factory=int, description="With `bookings_open`: how many are not over.")


class Problem(Exception):
    """The edge says no. Becomes a problem document; `code` defaults to that of the status."""

    def __init__(
        self,
        status: int,
        detail: str,
        code: str | None = None,
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.code = code or DEFAULT_OF_STATUS[status].code
        self.headers = dict(headers or {})
        self.extra = dict(extra or {})


def invalid(errors: Sequence[FieldError]) -> Problem:
    """The request is well-formed but not acceptable: 422 `validation_error` with what is wrong where."""
    shown = [e.model_dump() for e in errors[:ERRORS_SHOWN]]
    detail = (
        f"{shown[0]['field']}: {shown[0]['message']}" if shown and shown[0]["field"] else "The request is not valid."
    )
    return Problem(422, detail, extra={"errors": shown})


def field_errors(errors: Sequence[ErrorDetails], skip: int = 0) -> list[FieldError]:
    """Pydantic's findings in our shape; `skip` leading parts of the location are left out. Never shows input."""
    return [
        FieldError(
            field=".".join(str(part)[:80] for part in e["loc"][skip:])[:200],
            message=e["msg"].removeprefix("Value error, ")[:300],
        )
        for e in errors
    ]


def render(
    scope: AsgiScope,
    status: int,
    code: str,
    detail: str,
    extra: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The response for one problem; members of `extra` never replace the standard ones."""
    kind = problem_type(code, status)
    document = {
        **(extra or {}),
        "type": kind.uri,
        "title": kind.title,
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": str(scope.get("request_id", "")),
    }
    return Response(json.dumps(document), status, headers, MEDIA_TYPE)


def render_problem(scope: AsgiScope, problem: Problem) -> Response:
    """The response for a `Problem`."""
    return render(scope, problem.status, problem.code, problem.detail, problem.extra, problem.headers)


def render_refusal(scope: AsgiScope, refusal: Refusal, headers: Mapping[str, str] | None = None) -> Response:
    """The response for another service's no."""
    return render(scope, refusal.status, refusal.code, refusal.detail, refusal.extra, headers)


def render_internal(scope: AsgiScope) -> Response:
    """The last resort: something is broken on our side, and nothing of it is shown."""
    return render_problem(scope, Problem(500, "Something went wrong on our side. The request id helps to find it."))


def answer_to(scope: AsgiScope, error: Exception) -> Response | None:
    """The response for an error that says no in a way we know; None for a defect."""
    if isinstance(error, Problem):
        return render_problem(scope, error)
    if isinstance(error, Rejected):
        return render_refusal(scope, error.refusal)
    if isinstance(error, DomainError):
        return render(scope, error.status, error.code, error.detail, error.extra)
    if isinstance(error, Unavailable):
        detail = "The service can't take this request just now. Please try again shortly."
        return render_problem(scope, Problem(503, detail, headers={"Retry-After": "2"}))
    if isinstance(error, RequestValidationError):
        return render_problem(scope, invalid(field_errors(error.errors(), skip=1)))
    return None
