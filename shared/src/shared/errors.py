"""What can go wrong, by what should be done about it. A leaf: standard library only.

The runner, the RPC server and the HTTP edge each turn these into their own words; nothing else in
the code base decides about retries (`shared.messaging.failures`).
"""

from collections.abc import Mapping
from typing import Any, ClassVar


class DomainError(Exception):
    """The business says no. Retrying can't help; the caller is told why.

    `code` is stable and public, `status` the HTTP status it is shown with, `extra` further members
    of the problem document (RFC 9457 §3.2).
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "Refused"

    def __init__(self, detail: str, extra: Mapping[str, Any] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.extra = dict(extra or {})


class NotFound(DomainError):
    """No such thing for this tenant; another tenant's thing is just as absent."""

    code = "not_found"
    status = 404
    title = "Not found"


class NotYet(Exception):
    """A fact arrived before the one that it builds on. Try again a little later."""


class Unavailable(Exception):
    """Something outside this process does not answer. Try again later, for as long as a day."""


class Poison(Exception):
    """A message that no retry can save: undecodable, of an unknown version, or against contract."""


class Unreadable(Poison):
    """A message that comes from outside and can't be read: however many there are, our code is not to blame."""


class AlreadyHandled(Exception):
    """This consumer has handled this message before; there is nothing left to do but acknowledge."""
