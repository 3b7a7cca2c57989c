"""Every way in which the API says no: what each `code` means, and what a caller can do.

Each has a page under `/problems/`, which the `type` of a problem document points to (RFC 9457 §3.1.1), and one
title, whoever says it. Tests compare this list with the errors that the services declare.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class ProblemType:
    """One code. `status` is the HTTP status that it comes with.

    Documented with it: `headers` beside those of every answer, and `members`, an example of what else it says.
    """

    code: str
    status: int
    title: str
    meaning: str
    cure: str
    headers: tuple[str, ...] = ()
    members: Mapping[str, Any] = field(default_factory=dict)

    @property
    def uri(self) -> str:
        """The `type` of a problem document: an address at this gateway."""
        return f"/problems/{self.code}"


_RETRY = "Send the same request again, under the same Idempotency-Key, after the seconds in Retry-After."
_LOOK_AGAIN = "Look at the thing again, then decide anew."

_TYPES = (
    # The request as such.
    ProblemType("bad_request", 400, "Bad request", "The request is not HTTP as it should be.", "Correct the client."),
    ProblemType(
        "malformed_json", 400, "Malformed JSON", "The body is not JSON in UTF-8.", "Send one JSON object (RFC 8259)."
    ),
    ProblemType(
        "invalid_cursor", 400, "Invalid cursor", "The cursor is none that this list has given out.",
        "Pass next_cursor on as it came, to the same list; without a cursor the list begins anew.",
    ),
    ProblemType(
        "invalid_if_match", 400, "Invalid If-Match", "If-Match is no list of entity tags, and not *.",
        'Send the ETag of the booking as it came, such as "3".',
    ),
    ProblemType(
        "invalid_idempotency_key", 400, "Invalid Idempotency-Key",
        "The key is empty, longer than 255 characters, not printable ASCII, or sent more than once.",
        "Send one key, a UUID say, for each thing that you want done once.",
    ),
    ProblemType(
        "invalid_webhook", 400, "Invalid webhook", "The event is not signed by Stripe, or its signature is too old.",
        "See that STRIPE_WEBHOOK_SECRET is the endpoint's signing secret, and that the clocks agree.",
    ),
    ProblemType(
        "unauthorized", 401, "Unauthorized", "There is no valid API key; whatever is wrong, the answer is this.",
        "Send Authorization: Bearer <key> with a key that is not revoked and has not expired.",
        headers=("WWW-Authenticate",),
    ),
    ProblemType(
        "forbidden", 403, "Forbidden", "The key is valid and may not do this; scope names what it lacks.",
        "Use a key with that scope, or the operator's key where it is asked for.",
        members={"scope": "bookings:write"},
    ),
    ProblemType(
        "not_found", 404, "Not found", "There is nothing of that id, or it is another tenant's.", "Check the address."
    ),
    ProblemType(
        "method_not_allowed", 405, "Method not allowed", "This address does not answer that method.",
        "Use one of those in Allow.",
        headers=("Allow",),
    ),
    ProblemType(
        "request_timeout", 408, "Request timeout", "The request did not arrive in time.",
        "Send it again, in one piece.",
    ),
    ProblemType(
        "body_too_large", 413, "Body too large", "The body is longer than this address takes.", "Send less at once."
    ),
    ProblemType(
        "unsupported_media_type", 415, "Unsupported media type", "The body is not declared as JSON in UTF-8.",
        "Send Content-Type: application/json, uncompressed.",
    ),
    ProblemType(
        "validation_error", 422, "Validation error", "The request is not acceptable; errors says what is wrong where.",
        "Correct what errors names. Sent again as it is, it is refused again.",
        members={"errors": [{"field": "customer.email", "message": "must be an e-mail address"}]},
    ),
    ProblemType(
        "idempotency_key_reused", 422, "Idempotency key reused",
        "The Idempotency-Key was sent before, with another request.",
        "Use a new key for a new request; repeat a request with the body that it had.",
    ),
    ProblemType(
        "rate_limited", 429, "Too many requests", "The tenant's quota is used up.",
        "Wait for the seconds in Retry-After. RateLimit says what is left, RateLimit-Policy how much there is.",
        headers=("Retry-After",),
    ),
    ProblemType(
        "head_too_large", 431, "Request header fields too large", "The request's head is longer than one can be.",
        "Send fewer or shorter headers.",
    ),
    ProblemType(
        "internal", 500, "Internal error", "Something is wrong on our side.",
        "Tell the operator the request_id. " + _RETRY,
    ),
    ProblemType(
        "unavailable", 503, "Unavailable", "A part of the system can't be reached just now. Nothing was done.", _RETRY,
        headers=("Retry-After",),
    ),
    ProblemType(
        "overloaded", 503, "Overloaded", "Too much is under way just now. Nothing was done.", _RETRY,
        headers=("Retry-After",),
    ),
    ProblemType(
        "read_only", 503, "Read-only", "The operator has switched changes off for a while. Nothing was done.", _RETRY,
        headers=("Retry-After",),
    ),
    # Bookings.
    ProblemType(
        "service_not_found", 404, "Service not found", "There is no such service.", "GET /v1/services lists them."
    ),
    ProblemType(
        "resource_not_found", 404, "Resource not found", "There is no such resource, or it does not offer the service.",
        "GET /v1/resources lists them.",
    ),
    ProblemType("location_not_found", 404, "Location not found", "There is no such location.", "Check its id."),
    ProblemType("booking_not_found", 404, "Booking not found", "There is no such booking.", "Check its id."),
    ProblemType(
        "payment_not_found", 404, "Payment not found", "The booking has no payment, or not yet.",
        "A booking without a deposit has none. With one, look again in a moment.",
    ),
    ProblemType(
        "slot_taken", 409, "Slot taken", "Somebody else has that time; alternatives are the next free ones.",
        "Offer one of alternatives, or search again.",
        members={
            "alternatives": [
                {
                    "starts_at": "2026-12-01T10:00:00Z",
                    "ends_at": "2026-12-01T12:00:00Z",
                    "local_start": "2026-12-01T11:00:00+01:00",
                    "time_zone": "Europe/Berlin",
                    "resource_ids": ["01936c5e-7d80-7000-8000-000000000002"],
                }
            ]
        },
    ),
    ProblemType(
        "outside_hours", 409, "Outside opening hours", "The appointment does not lie within opening hours.",
        "Take a time that GET /v1/availability offers.",
    ),
    ProblemType(
        "too_soon", 409, "Too soon", "The start has passed, or is nearer than the service's minimum notice.",
        "Take a later time.",
    ),
    ProblemType(
        "too_far", 409, "Too far ahead", "The start lies beyond the service's horizon.", "Take an earlier time."
    ),
    ProblemType(
        "time_off", 409, "Time off", "The appointment or its buffers meet a time in which the resource is off.",
        "Offer times of GET /v1/availability; GET /v1/time-off lists what is off.",
    ),
    ProblemType(
        "archived", 409, "Archived", "The service or the resource is archived: it takes no new bookings.",
        "Take another, or have it restored.",
    ),
    ProblemType("hold_not_found", 404, "Hold not found", "There is no such hold.", "Check its id."),
    ProblemType(
        "hold_closed", 409, "Hold closed", "The hold is booked, released, or its time is over; its slot is not kept.",
        "Hold or book anew; a hold that is booked names its booking.",
        members={"hold_status": "expired"},
    ),
    ProblemType(
        "hold_extended", 409, "Hold extended already", "The hold was extended before, which can be done once.",
        "Book it before it expires, or hold anew.",
    ),
    ProblemType(
        "too_many_holds", 409, "Too many holds", "The tenant has as many holds as it may at once.",
        "Release those that nobody needs, or wait until some expire.",
    ),
    ProblemType("customer_not_found", 404, "Customer not found", "There is no such customer.", "Check its id."),
    ProblemType(
        "customer_exists", 409, "Customer exists",
        "There is a customer of that address, or without one of that number; customer_id is whose it is.",
        "Change that one, or look at it first.",
        members={"customer_id": "01936c5e-7d80-7000-8000-000000000002"},
    ),
    ProblemType(
        "customer_erased", 409, "Customer erased", "Everything about the customer was erased, for good.",
        "Write the person down anew, if they come back.",
    ),
    ProblemType(
        "bookings_open", 409, "Bookings open", "The customer has bookings that are not over, as many as open_bookings.",
        "Cancel them or wait for their end; GET /v1/bookings?customer_id=… lists them.",
        members={"open_bookings": 1},
    ),
    ProblemType("time_off_not_found", 404, "Time off not found", "There is no such time off.", "Check its id."),
    ProblemType(
        "booking_closed", 409, "Booking closed", "The booking is over, cancelled or expired, and can't be changed.",
        "Make a new booking.",
        members={"booking_status": "cancelled"},
    ),
    ProblemType(
        "transition_not_allowed", 409, "Transition not allowed",
        "The state in which the booking is does not lead to the one that is wanted.",
        _LOOK_AGAIN,
        members={"booking_status": "pending_payment", "wanted_status": "in_progress"},
    ),
    ProblemType(
        "too_early", 409, "Too early",
        "An appointment begins on its local day at the earliest, and is done or missed after its start only.",
        "Send it again when the time has come, under another Idempotency-Key.",
    ),
    ProblemType(
        "version_conflict", 412, "Version conflict", "The thing is at none of the versions that If-Match names.",
        _LOOK_AGAIN,
        members={"version": 3},
    ),
    # The operator's.
    ProblemType(
        "api_key_closed", 409, "API key closed",
        "The key is revoked, expired or replaced already; replaced_by names its successor, if it has one.",
        "Rotate its successor, or make a new key.",
        members={"replaced_by": "fedcba9876543210"},
    ),
    ProblemType(
        "replay_failed", 409, "Replay failed", "The dead letter failed again; it stays.", "Mend what detail names."
    ),
    ProblemType(
        "replay_running", 409, "Replay running", "Another bulk replay is running.", "Wait until it has ended.",
        headers=("Retry-After",),
    ),
    ProblemType(
        "already_replayed", 409, "Already replayed", "The dead letter was replayed before.", "Nothing is to be done."
    ),
    ProblemType(
        "already_discarded", 409, "Already discarded", "The dead letter was discarded before.", "Nothing is to be done."
    ),
)  # fmt: skip

PROBLEM_TYPES = {kind.code: kind for kind in _TYPES}
"""Every code that the API may answer with."""
DEFAULT_OF_STATUS = {
    status: next(kind for kind in _TYPES if kind.status == status)
    for status in (400, 401, 403, 404, 405, 408, 413, 415, 422, 429, 431, 500, 503)
}
"""What a status says when nothing more is known."""


def problem_type(code: str, status: int) -> ProblemType:
    """The type of a code; of one that only a newer service knows, one made of what is at hand."""
    kind = PROBLEM_TYPES.get(code)
    return kind or ProblemType(code, status, code.replace("_", " ").capitalize(), "", "")
