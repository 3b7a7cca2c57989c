"""Cursors: what goes in comes out, and nothing else does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.persistence.paging import InvalidCursor, _moment, decode_cursor, encode_cursor

places = st.lists(st.text(), max_size=4)


@given(st.text(), places)
def test_a_place_comes_back(scope: str, place: list[str]) -> None:
    cursor = encode_cursor(scope, *place)
    assert decode_cursor(scope, cursor, *[str] * len(place)) == tuple(place)
    assert cursor.isascii()
    assert not set(cursor) & set("+/=&?# ")


@given(st.text(), st.text(), places)
def test_a_cursor_belongs_to_one_list(scope: str, other: str, place: list[str]) -> None:
    if scope != other:
        with pytest.raises(InvalidCursor):
            decode_cursor(other, encode_cursor(scope, *place), *[str] * len(place))


@given(st.text())
def test_what_no_list_has_given_out_is_refused(text: str) -> None:
    with pytest.raises(InvalidCursor):
        decode_cursor("a list", text, str)


@pytest.mark.parametrize("place", [(), ("1", "2"), ("x",), ("",), ("\0",)])
def test_a_place_of_another_kind_is_refused(place: tuple[str, ...]) -> None:
    with pytest.raises(InvalidCursor):
        decode_cursor("a list", encode_cursor("a list", *place), int)


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-12-01T10:00:00"])
def test_a_moment_that_no_calendar_has_is_refused(moment: str) -> None:
    with pytest.raises(InvalidCursor):
        decode_cursor("a", encode_cursor("a", moment), _moment)
