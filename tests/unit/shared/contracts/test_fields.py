"""Values that the API takes."""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from shared.contracts.fields import NAME_PATTERN, PHONE_PATTERN, Name, Phone, Text, Whole, parse_instant, parse_minute
from shared.contracts.phones import PHONE_LIMIT
from shared.contracts.text import has_visible
from tests.support.bookings import WRITING

WHOLE: TypeAdapter[int] = TypeAdapter(Annotated[Whole, Field(le=10**6)], config=ConfigDict(strict=True))


NAMES = TypeAdapter(Name)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("  Ada\u00a0", "Ada"),
        ("\u202aעדה\u202c", "עדה"),
        ("A\u202eda", "Ada"),
        ("ශ්\u200dරී", "ශ්\u200dරී"),
        ("👩\u200d🔧", "👩\u200d🔧"),
        ("O", "O"),
        ("x" * 200 + " " * 500, "x" * 200),
    ],
)
def test_a_name_is_kept_as_it_is_written(written: str, kept: str) -> None:
    assert NAMES.validate_python(written) == kept
    assert NAMES.validate_python(kept) == kept


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "\u200b",
        "\u2800",
        "\u3164",
        "\u00ad\ufe0f",
        "A\nB",
        "A\x00",
        "A\x9b31m",
        "A\u2028B",
        "A\x85B",
        "x" * 201,
    ],
    ids=ascii,
)
def test_what_is_no_name(name: str) -> None:
    with pytest.raises(ValidationError):
        NAMES.validate_python(name)


@given(st.text())
def test_a_name_twice_is_a_name_once(text: str) -> None:
    try:
        name = NAMES.validate_python(text)
    except ValidationError:
        return
    assert NAMES.validate_python(name) == name
    assert has_visible(name)
    assert len(name.splitlines()) == 1


@given(
    st.from_regex(NAME_PATTERN, alphabet=st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"]), fullmatch=True)
)
def test_a_name_that_the_document_allows_is_taken(text: str) -> None:
    if len(text) <= 200:
        assert NAMES.validate_python(text)


@given(st.from_regex(PHONE_PATTERN, fullmatch=True))
def test_a_number_that_the_document_allows_is_taken(text: str) -> None:
    if len(text) <= PHONE_LIMIT:
        assert TypeAdapter(Phone).validate_python(text)


@pytest.mark.parametrize(
    "number", ["(555) 123-4567", "020 7946 0018 ext 12", "\u00a0+44 (0)20 7946-0018 x1", "110;ext=3"]
)
def test_the_document_allows_numbers_as_people_write_them(number: str) -> None:
    assert re.search(PHONE_PATTERN, number)


@pytest.mark.parametrize("name", [*WRITING.values(), "O'Neil-Smith & Co.", "-"])
def test_the_document_allows_names_of_any_writing(name: str) -> None:
    assert re.search(NAME_PATTERN, name)


def test_a_text_has_lines_of_one_kind() -> None:
    texts = TypeAdapter(Annotated[Text, Field(max_length=5)])
    assert texts.validate_python("a\r\nb\u2028c") == "a\nb\nc"
    assert texts.validate_python("\u202eab\x9b\t") == "ab\t"
    for refused in ("a\x00", "\x1b[1m", "abcdef", 5):
        with pytest.raises(ValidationError):
            texts.validate_python(refused)


def test_what_was_stored_before_can_still_be_read() -> None:
    """The type is that of events as well: what it took once it takes for ever."""
    assert TypeAdapter(Text).validate_python("a\x9b\u202e\u2028") == "a\n"


@pytest.mark.parametrize(("written", "read"), [("60.0", 60), ("6e1", 60), ("60", 60), ("-0.0", 0), ("1E0", 1)])
def test_a_number_without_a_fraction_is_an_integer(written: str, read: int) -> None:
    found = WHOLE.validate_json(written)
    assert (type(found), found) == (int, read)


@pytest.mark.parametrize("written", ["60.5", '"60"', "true", "1e400", "-1e400", "NaN", "1e30", "null", "[60]"])
def test_what_is_no_integer(written: str) -> None:
    with pytest.raises(ValidationError):
        WHOLE.validate_json(written)


@given(st.datetimes(datetime(1970, 1, 2), datetime(2999, 12, 30)), st.integers(-1439, 1439))
def test_an_instant_keeps_its_moment(wall: datetime, offset_minutes: int) -> None:
    moment = wall.replace(tzinfo=timezone(timedelta(minutes=offset_minutes)))
    parsed = parse_instant(moment.isoformat())
    assert parsed == moment
    assert parsed.tzinfo is UTC


@given(st.text() | st.integers() | st.none() | st.dates().map(str) | st.datetimes().map(str))
def test_anything_else_is_refused_as_a_value(value: object) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse_instant(value)


@pytest.mark.parametrize(
    ("written", "microsecond"),
    [
        ("2026-12-01T10:00:00.1234567Z", 123456),
        ("2026-12-01T10:00:00.0000000+00:00", 0),
        ("2026-12-01T10:00:00.5Z", 500_000),
        ("2026-12-01t10:00:00.999999999999z", 999_999),
    ],
)
def test_a_fraction_has_as_many_digits_as_it_likes(written: str, microsecond: int) -> None:
    assert parse_instant(written) == datetime(2026, 12, 1, 10, 0, 0, microsecond, tzinfo=UTC)


def test_a_minute_is_whole_to_the_last_digit() -> None:
    assert parse_minute("2026-12-01T10:00:00.0000000Z") == datetime(2026, 12, 1, 10, 0, tzinfo=UTC)
    for written in ("2026-12-01T10:00:00.0000001Z", "2026-12-01T10:00:30Z", "2026-12-01T10:00:60Z"):
        with pytest.raises(ValueError, match=r"\w"):
            parse_minute(written)
