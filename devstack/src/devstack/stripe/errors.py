"""Stripe's error envelope, and the refusals the fake knows (Stripe API reference, "Errors")."""

from typing import Any

from devstack.stripe.objects import Resource

_DOCUMENTATION = "https://docs.stripe.com/error-codes#"


class ApiError(Exception):
    """An answer of Stripe's other than success.

    `stored` says whether an idempotency key keeps it: what is refused before an operation begins is
    not kept, what happened to a running one is (Stripe API reference, "Idempotent requests").
    `should_retry` becomes the `Stripe-Should-Retry` header, by which the library decides.
    """

    def __init__(
        self,
        status: int,
        kind: str,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        stored: bool = False,
        should_retry: bool | None = None,
        **details: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.stored = stored
        self.should_retry = should_retry
        self.error: Resource = {"type": kind, "message": message}
        if code is not None:
            self.error |= {"code": code, "doc_url": _DOCUMENTATION + code.replace("_", "-")}
        if param is not None:
            self.error["param"] = param
        self.error |= details

    @property
    def envelope(self) -> Resource:
        """The JSON body: `{"error": {...}}`."""
        return {"error": self.error}


def invalid(message: str, *, code: str | None = None, param: str | None = None) -> ApiError:
    """A request whose parameters are wrong: nothing was begun."""
    return ApiError(400, "invalid_request_error", message, code=code, param=param)


def no_such(kind: str, identifier: str, *, param: str, status: int = 404) -> ApiError:
    """An id that names nothing: 404 for the one in the path, 400 for one in a parameter."""
    return ApiError(
        status,
        "invalid_request_error",
        f"No such {kind}: '{identifier}'",
        code="resource_missing",
        param=param,
    )


def unexpected_state(message: str, intent: Resource) -> ApiError:
    """The intent's status does not allow the operation."""
    return ApiError(
        400,
        "invalid_request_error",
        message,
        code="payment_intent_unexpected_state",
        stored=True,
        payment_intent=intent,
    )


def unauthenticated(message: str) -> ApiError:
    """No key, or one that is not a test key."""
    return ApiError(401, "invalid_request_error", message)


def internal() -> ApiError:
    """Stripe's own failure, kept under the idempotency key as Stripe keeps it."""
    return ApiError(
        500,
        "api_error",
        "The fake was told to fail this request.",
        stored=True,
        should_retry=False,
    )


def unanswered() -> ApiError:
    """What a fault left unanswered, for whoever still listens in the end."""
    return ApiError(504, "api_error", "The fake was told not to answer this request.")


def unavailable() -> ApiError:
    """Stripe is down."""
    return ApiError(503, "api_error", "The fake was told to be down.")
