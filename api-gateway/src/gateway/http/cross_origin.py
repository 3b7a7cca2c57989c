"""Pages of other origins that call the API from a browser (CORS): none, unless a setting says so."""

from collections.abc import Sequence

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

_SENT = ["Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match", "Prefer"]
_SHOWN = [
    "ETag", "Idempotent-Replayed", "Location", "Preference-Applied", "RateLimit", "RateLimit-Policy",
    "Retry-After", "X-Request-Id",
]  # fmt: skip
_PREFLIGHT_SECONDS = 3600


def allow_origins(app: ASGIApp, origins: Sequence[str]) -> ASGIApp:
    """The application, open to pages of these origins; `*` is every one. Without any it is returned as it is.

    No cookies: a caller proves itself by its key, which a page has to be given.
    """
    if not origins:
        return app
    return CORSMiddleware(
        app,
        allow_origins=origins,
        allow_methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=_SENT,
        expose_headers=_SHOWN,
        max_age=_PREFLIGHT_SECONDS,
    )
