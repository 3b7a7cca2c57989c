"""What a key may do."""

from collections.abc import Iterable
from enum import StrEnum

OPERATOR = "operator"
"""What only the operator's key may do; no scope of a tenant's key."""


class Scope(StrEnum):
    """What a tenant's key may do; a key made without naming any may do all."""

    CATALOG_READ = "catalog:read"
    CATALOG_WRITE = "catalog:write"
    BOOKINGS_READ = "bookings:read"
    BOOKINGS_WRITE = "bookings:write"
    BOOKINGS_OVERRIDE = "bookings:override"
    """Beside `bookings:write`: to book and move against the rules of the calendar, with a reason."""
    CUSTOMERS_READ = "customers:read"
    CUSTOMERS_WRITE = "customers:write"
    PAYMENTS_READ = "payments:read"
    SETTINGS_READ = "settings:read"
    SETTINGS_WRITE = "settings:write"
    AUDIT_READ = "audit:read"

    @property
    def changes(self) -> bool:
        """Whether it opens what changes something, which read-only mode keeps shut."""
        return self.endswith(":write")


ALL = "all"
"""How it is stored that a key may do everything, that which comes later as well."""


def stored_scopes(named: Iterable[Scope] | None) -> list[str]:
    """What is stored of a key for which these scopes were named, or none."""
    return sorted(set(named)) if named else [ALL]


def scopes_of(stored: Iterable[str]) -> frozenset[Scope]:
    """What a key may do today by what is stored of it; a scope that there is no more counts for nothing."""
    kept = set(stored)
    return frozenset(Scope) if ALL in kept else frozenset(scope for scope in Scope if scope in kept)
