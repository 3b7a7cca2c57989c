"""What people's jobs need: named sets of scopes. A key stores the name, which is looked up whenever it is used.

A job that grows gets its scope here, and every key of that role has it from the next release on.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from gateway.identity.scopes import Scope, scopes_of


class Role(StrEnum):
    """A job in a business."""

    OWNER = "owner"
    ADMIN = "admin"
    DISPATCHER = "dispatcher"
    FINANCE = "finance"
    VIEWER = "viewer"


_LISTED: Mapping[Role, frozenset[Scope]] = {
    Role.ADMIN: frozenset(
        {
            Scope.CATALOG_READ,
            Scope.CATALOG_WRITE,
            Scope.BOOKINGS_READ,
            Scope.BOOKINGS_WRITE,
            Scope.BOOKINGS_OVERRIDE,
            Scope.CUSTOMERS_READ,
            Scope.CUSTOMERS_WRITE,
            Scope.PAYMENTS_READ,
            Scope.SETTINGS_READ,
            Scope.SETTINGS_WRITE,
            Scope.AUDIT_READ,
        }
    ),
    Role.DISPATCHER: frozenset(
        {
            Scope.CATALOG_READ,
            Scope.BOOKINGS_READ,
            Scope.BOOKINGS_WRITE,
            Scope.CUSTOMERS_READ,
            Scope.CUSTOMERS_WRITE,
            Scope.SETTINGS_READ,
        }
    ),
    Role.FINANCE: frozenset(
        {
            Scope.CATALOG_READ,
            Scope.BOOKINGS_READ,
            Scope.CUSTOMERS_READ,
            Scope.PAYMENTS_READ,
            Scope.SETTINGS_READ,
        }
    ),
    Role.VIEWER: frozenset({Scope.CATALOG_READ, Scope.BOOKINGS_READ, Scope.CUSTOMERS_READ, Scope.SETTINGS_READ}),
}
"""Each role but the owner's, scope by scope: a new scope is given to a job by being written here."""


def scopes_of_role(role: Role) -> frozenset[Scope]:
    """What a role may do today; the owner everything, that which comes later as well."""
    return frozenset(Scope) if role is Role.OWNER else _LISTED[role]


def allowed_scopes(role: str | None, stored: Iterable[str]) -> frozenset[Scope]:
    """What a key may do today by its stored role or else its scopes; a role that there is no more opens nothing."""
    if role is None:
        return scopes_of(stored)
    return scopes_of_role(Role(role)) if role in set(Role) else frozenset()
