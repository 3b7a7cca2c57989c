"""The keys that tell people apart, and the words that they are found by."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.customers.rules import (
    SEARCHED_WORDS,
    WORD_LIMIT,
    WORDS_LIMIT,
    email_key,
    folded,
    id_range,
    name_key,
    searched_words,
    word_range,
    words_of,
)

TEXTS = st.text(max_size=200)


@pytest.mark.parametrize(
    ("written", "searched"),
    [
        ("Straße", "strasse"),
        ("ÅNGSTRÖM", "angstrom"),
        ("Łukasz Ødegård", "lukasz odegard"),
        ("İstanbul", "istanbul"),
        ("ﬁancée", "fiancee"),  # a ligature
        ("Nguyễn", "nguyen"),
        ("Ａｄａ", "ada"),  # of full width
        ("Ελένη", "ελενη"),
    ],
)
def test_case_accents_and_strokes_do_not_count(written: str, searched: str) -> None:
    assert folded(written) == searched


@given(TEXTS)
def test_what_is_folded_stays(text: str) -> None:
    assert folded(folded(text)) == folded(text)


def test_names_are_the_same_in_any_order() -> None:
    assert name_key("Lovelace, Áda") == name_key("ada LOVELACE") != name_key("Ada Byron")
    assert email_key("Ada@Example.org") == email_key("aDA@example.org")
    assert email_key(None) is None


@given(TEXTS, st.sampled_from([None, "+442079460018", "02079460018;ext=12", "112"]))
def test_words_are_few_short_and_sorted(name: str, phone: str | None) -> None:
    address = "a.b.c.d.e.f.g.h.i.j@" + "x" * 63 + ".example"
    words = words_of(name, address, phone)
    assert words == sorted(set(words))
    assert len(words) <= WORDS_LIMIT
    assert all(0 < len(word) <= WORD_LIMIT for word in words if word != address)


@given(TEXTS, st.integers(min_value=1))
def test_everybody_is_found_by_the_beginning_of_any_own_word(name: str, length: int) -> None:
    """Whatever the name is: each word that is kept of it is one that a search asks for, and each beginning of it."""
    kept = words_of(name, "ada@example.org", "+442079460018")
    for word in kept:
        beginning = word[:length]
        for asked in searched_words(beginning):
            low, high = word_range(asked)
            assert any(low <= candidate < high for candidate in kept), (word, beginning)


@given(TEXTS)
def test_a_search_asks_for_few_words_the_most_telling_first(search: str) -> None:
    words = searched_words(search)
    assert len(words) <= SEARCHED_WORDS
    assert words == sorted(words, key=len, reverse=True) or len(words) < 2
    assert "" not in words


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("+44 20 7946", ["44207946"]),
        ("(0)20-7946", ["207946"]),
        ("0044 20", ["4420"]),
        ("12", []),  # too little of a number
        ("Ada 2079", ["2079", "ada"]),
        ("ADA@Example", ["ada@example"]),
        (" - ", []),
    ],
)
def test_numbers_and_addresses_are_asked_for_as_people_type_them(typed: str, asked: list[str]) -> None:
    assert searched_words(typed) == asked


@given(st.uuids(), st.integers(min_value=6, max_value=32))
def test_an_id_lies_in_the_range_of_its_beginning(wanted: UUID, length: int) -> None:
    for typed in (wanted.hex[:length], f" {wanted.hex[:length].upper()} "):
        found = id_range(typed)
        assert found
        assert found[0] <= wanted <= found[1]
    assert id_range(str(wanted)) == (wanted, wanted)


@pytest.mark.parametrize(
    "typed", ["", "abc", "Ada", "0" * 33, "------", "0" * 8 + "-0000-0000-0000-" + "0" * 13, "12345g", "\uff11" * 6]
)
def test_what_can_be_no_id(typed: str) -> None:
    assert id_range(typed) is None
