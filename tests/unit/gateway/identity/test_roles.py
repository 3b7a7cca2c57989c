"""What jobs may do, and what a stored role means later."""

import re
from pathlib import Path

import pytest

from gateway.identity.roles import Role, allowed_scopes, scopes_of_role
from gateway.identity.scopes import ALL, Scope

PAGE = Path(__file__).parents[4] / "docs/api/scopes.md"


def test_the_owner_may_do_everything() -> None:
    assert scopes_of_role(Role.OWNER) == set(Scope)


@pytest.mark.parametrize("role", Role)
def test_a_job_that_changes_things_sees_them(role: Role) -> None:
    scopes = scopes_of_role(role)
    for scope in scopes:
        if scope.endswith(":write"):
            assert Scope(scope.replace(":write", ":read")) in scopes


def test_a_viewer_changes_nothing_and_sees_no_secret_of_payments() -> None:
    assert all(scope.endswith(":read") for scope in scopes_of_role(Role.VIEWER))
    assert Scope.PAYMENTS_READ not in scopes_of_role(Role.VIEWER) | scopes_of_role(Role.DISPATCHER)


def test_a_role_counts_and_not_what_is_stored_beside_it() -> None:
    assert allowed_scopes("viewer", [ALL]) == scopes_of_role(Role.VIEWER)
    assert allowed_scopes(None, ["bookings:read"]) == {Scope.BOOKINGS_READ}
    assert allowed_scopes(None, [ALL]) == set(Scope)


def test_a_role_that_is_no_more_opens_nothing() -> None:
    assert allowed_scopes("janitor", [ALL]) == frozenset()


def test_the_page_says_what_each_role_may() -> None:
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| ([^|]+) \|$", PAGE.read_text(), re.MULTILINE)
    told = {name: set(re.findall(r"`([a-z]+:[a-z]+)`", scopes)) for name, scopes in rows}
    assert told == {role: set() if role is Role.OWNER else scopes_of_role(role) for role in Role}
