"""The form of API keys."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from gateway.identity.keys import ALPHABET, checksum, make_key, parse_key


def test_a_new_key_has_the_published_form_and_is_found_again() -> None:
    key = make_key()
    prefix, env, key_id, secret, check = key.text.split("_")
    assert (prefix, env, key_id, len(secret), len(check)) == ("tb", "live", key.id, 43, 6)
    assert set(key_id + secret + check) <= set(ALPHABET)
    assert parse_key(key.text) == (key.id, hashlib.sha256(secret.encode()).digest())
    assert secret not in repr(key)


def test_keys_differ() -> None:
    assert len({make_key().text for _ in range(100)}) == 100


@given(st.integers(0, 70), st.sampled_from(ALPHABET))
def test_a_mistyped_character_is_noticed(place: int, character: str) -> None:
    text = make_key().text
    mistyped = text[:place] + character + text[place + 1 :]
    assert mistyped == text or parse_key(mistyped) is None


@given(st.text(max_size=100) | st.text(alphabet=ALPHABET + "_", max_size=100).map(lambda t: f"tb_live_{t}"))
def test_anything_else_is_no_key(text: str) -> None:
    assert parse_key(text) is None


@given(st.text(alphabet=ALPHABET, min_size=1, max_size=80))
def test_a_checksum_is_six_characters(body: str) -> None:
    assert len(checksum(body)) == 6
