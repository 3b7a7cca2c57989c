"""What is stored of a key's scopes, and what that means later."""

from gateway.identity.scopes import ALL, Scope, scopes_of, stored_scopes


def test_a_key_for_everything_may_do_what_comes_later() -> None:
    assert stored_scopes(None) == [ALL]
    assert scopes_of([ALL]) == set(Scope)


def test_named_scopes_stay_what_they_are() -> None:
    named = [Scope.PAYMENTS_READ, Scope.BOOKINGS_READ, Scope.BOOKINGS_READ]
    assert stored_scopes(named) == ["bookings:read", "payments:read"]
    assert scopes_of(stored_scopes(named)) == {Scope.BOOKINGS_READ, Scope.PAYMENTS_READ}
    assert stored_scopes(list(Scope)) == sorted(Scope), "all of today's are not all of tomorrow's"


def test_a_scope_that_is_no_more_opens_nothing() -> None:
    assert scopes_of(["catalogue:read", "bookings:read"]) == {Scope.BOOKINGS_READ}
