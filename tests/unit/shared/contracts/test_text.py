"""Characters: what does harm goes, what belongs to somebody's writing stays."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.contracts.text import has_visible, plain_lines, without_harm, without_outer_blanks
from tests.support.bookings import WRITING

NOTHING_TO_SEE = ["", " ", "\u00a0", "\u200b", "\u2800", "\u3164", "\uffa0", "\u115f", "\u00ad", "\u2060\u200d",
                  "\ufe0f", "\U000e0041", "\u202e", "\ufeff", "\u2028", "\uffff"]  # fmt: skip

TURNING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
TEXTS = st.text(
    st.sampled_from("ab \t\r\n\x00\x85\x9b\u2028\u2029\u200b\u200c\u200d\ufe0f\ufeff\ufffe" + TURNING) | st.characters()
)


@pytest.mark.parametrize("text", WRITING.values(), ids=WRITING)
def test_what_belongs_to_a_writing_stays(text: str) -> None:
    assert without_harm(text) == plain_lines(text) == without_outer_blanks(text) == text
    assert has_visible(text)


@pytest.mark.parametrize("text", NOTHING_TO_SEE, ids=ascii)
def test_what_shows_nothing(text: str) -> None:
    assert not has_visible(text)


@given(TEXTS)
@example("\u2066a\u2028b\x85c\u202e")
def test_no_text_breaks_a_line_or_turns_what_stands_beside_it(text: str) -> None:
    line = without_harm(text)
    assert not any(unicodedata.category(character) in ("Cc", "Zl", "Zp", "Cs") for character in line)
    assert not set(line) & set(TURNING)
    assert len(line.splitlines()) <= 1


@given(TEXTS)
@example("\r\x85\n\r\u2028")
def test_lines_end_in_one_way(text: str) -> None:
    lines = plain_lines(text)
    assert not set(lines) & set("\r\x85\u2028\u2029" + TURNING)
    assert not any("\x80" <= character <= "\x9f" for character in lines)


@given(TEXTS)
def test_twice_is_once(text: str) -> None:
    for normal in (without_harm, plain_lines, without_outer_blanks):
        assert normal(normal(text)) == normal(text)


def test_blanks_within_are_nobody_elses_business() -> None:
    assert without_outer_blanks("\u202a\u00a0+44 20\u200b7946 \u3000\u202c") == "+44 20\u200b7946"
    assert without_outer_blanks("a" + " " * 300_000 + "b")[-1] == "b"
