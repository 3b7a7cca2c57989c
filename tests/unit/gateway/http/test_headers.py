"""Prefer, If-Match, Idempotency-Key."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.http.headers import Preference, matches, parse_idempotency_key, parse_if_match, parse_prefer
from gateway.http.problems import Problem


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], Preference()),
        (["wait=10"], Preference(wait=10)),
        (['wait="10"'], Preference(wait=10)),
        (["WAIT = 10 ; foo"], Preference(wait=10)),
        (["wait=0"], Preference(wait=0)),
        (["wait=99999"], Preference(wait=30)),
        (["respond-async, wait=3"], Preference(3, respond_async=True)),
        (["respond-async", "wait=3"], Preference(3, respond_async=True)),
        (["wait=3, wait=4"], Preference(wait=3)),
        (["return=minimal, wait"], Preference()),
        (["wait=-1"], Preference()),
        (["wait=٣"], Preference()),
        (["wait=1e9, ,;,=,respond_async"], Preference()),
    ],
)
def test_prefer(values: list[str], expected: Preference) -> None:
    assert parse_prefer(values) == expected


@given(st.lists(st.text()))
def test_no_preference_is_an_error(values: list[str]) -> None:
    wait = parse_prefer(values).wait
    assert wait is None or 0 <= wait <= 30


@pytest.mark.parametrize(
    ("preference", "seconds", "applied_to_202", "applied_to_201"),
    [
        (Preference(), 5, None, None),
        (Preference(wait=2), 2, "wait=2", "wait=2"),
        (Preference(respond_async=True), 0, "respond-async", None),
        (Preference(2, respond_async=True), 2, "respond-async, wait=2", "wait=2"),
    ],
)
def test_what_a_preference_means(
    preference: Preference, seconds: float, applied_to_202: str | None, applied_to_201: str | None
) -> None:
    assert preference.seconds(5) == seconds
    assert preference.applied(accepted=True) == applied_to_202
    assert preference.applied(accepted=False) == applied_to_201


@pytest.mark.parametrize(
    ("values", "versions"),
    [
        ([], None),
        (["*"], None),
        (['"3"'], [3]),
        ([' "12" '], [12]),
        (['"007"'], [7]),
        (['"3", "4"'], [3, 4]),
        (['"4",, "3" ,'], [3, 4]),
        (['"1"', '"2"'], [1, 2]),
        (['W/"3"'], []),
        (['W/"3", "4"'], [4]),
        (['"a"'], []),
        (['""'], []),
        (['"-1"'], []),
        (['"1234567890"'], []),
    ],
)
def test_if_match(values: list[str], versions: list[int] | None) -> None:
    assert parse_if_match(values) == versions


@pytest.mark.parametrize("value", ["", "3", '"3', "**", '*, "3"', 'w/"3"', '"1" "2"', '"a b"', '"٣"', '"1",' * 600])
def test_a_malformed_if_match_is_refused(value: str) -> None:
    with pytest.raises(Problem) as refused:
        parse_if_match([value])
    assert (refused.value.status, refused.value.code) == (400, "invalid_if_match")


@pytest.mark.parametrize(
    ("sent", "tag", "same"),
    [
        ('"3"', '"3"', True),
        ('W/"3"', '"3"', True),
        ('"2", "3"', '"3"', True),
        ("*", '"3"', True),
        ('"2"', '"3"', False),
        ("3", '"3"', False),
        ("", '"3"', False),
    ],
)
def test_if_none_match(sent: str, tag: str, same: bool) -> None:
    assert matches(sent, tag) == same


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ([], None),
        (["abc"], "abc"),
        (['"abc"'], "abc"),
        (['"a\\"b\\\\c"'], 'a"b\\c'),
        (["a b"], "a b"),
        (['"'], '"'),
        (["x" * 255], "x" * 255),
    ],
)
def test_idempotency_key(values: list[str], key: str | None) -> None:
    assert parse_idempotency_key(values) == key


@pytest.mark.parametrize("values", [[""], ['""'], ["x" * 256], ["a\tb"], ["ü"], ["a\x7f"], ["a\r\nb"], ["a", "a"]])
def test_a_malformed_idempotency_key_is_refused(values: list[str]) -> None:
    with pytest.raises(Problem) as refused:
        parse_idempotency_key(values)
    assert (refused.value.status, refused.value.code) == (400, "invalid_idempotency_key")


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=255))
def test_a_key_means_the_same_with_and_without_quotes(key: str) -> None:
    quoted = '"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"'
    assert parse_idempotency_key([quoted]) == key
