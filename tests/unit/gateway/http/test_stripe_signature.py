"""Stripe's signature scheme, against the corpus of what goes wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.http.stripe_signature import InvalidSignature, sign, verify

NOW = 1_800_000_000
SECRETS = ("whsec_new", "whsec_old")
BODY = b'{"id": "evt_1"}'
GOOD = sign(BODY, "whsec_new", NOW)
V1 = GOOD.partition("v1=")[2]


@pytest.mark.parametrize(
    "header",
    [
        GOOD,
        sign(BODY, "whsec_old", NOW),
        f"t={NOW}, v1={V1}",
        f"v1={V1},t={NOW}",
        f"{GOOD},v0=anything,scheme",
        f"t={NOW},v1={'0' * 64},v1={V1}",
        sign(BODY, "whsec_new", NOW - 300),
        sign(BODY, "whsec_new", NOW + 300),
    ],
)
def test_genuine(header: str) -> None:
    verify([header], BODY, SECRETS, NOW)


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ([], "missing"),
        ([""], "malformed"),
        ([GOOD, GOOD], "malformed"),
        (["x" * 5000], "malformed"),
        ([GOOD + "\u00e9"], "malformed"),
        ([f"t={NOW}"], "malformed"),
        ([f"v1={V1}"], "malformed"),
        ([f"t={NOW},v0={V1}"], "malformed"),
        ([f"t={NOW},t={NOW},v1={V1}"], "malformed"),
        ([f"t=-{NOW},v1={V1}"], "malformed"),
        ([f"t=+{NOW},v1={V1}"], "malformed"),
        ([f"t=0{NOW},v1={V1}"], "malformed"),
        ([f"t={2**63},v1={V1}"], "malformed"),
        ([f"t=now,v1={V1}"], "malformed"),
        ([f"t={NOW},v1={V1.upper()}"], "malformed"),
        ([f"t={NOW},v1={V1[:63]}"], "malformed"),
        ([f"t={NOW},v1=\u0663{V1[1:]}"], "malformed"),
        ([f"t={NOW}" + f",v1={V1}" * 17], "malformed"),
        ([sign(BODY, "whsec_new", NOW - 301)], "timestamp"),
        ([sign(BODY, "whsec_new", NOW + 301)], "timestamp"),
        ([sign(BODY, "whsec_new", NOW + 31_536_000)], "timestamp"),
        ([sign(BODY, "whsec_retired", NOW)], "signature"),
        ([sign(BODY + b"\n", "whsec_new", NOW)], "signature"),
        ([f"t={NOW - 1},v1={V1}"], "signature"),
    ],
)
def test_not_genuine(headers: list[str], reason: str) -> None:
    with pytest.raises(InvalidSignature) as refused:
        verify(headers, BODY, SECRETS, NOW)
    assert refused.value.reason == reason


@given(st.text(max_size=300), st.binary(max_size=50))
def test_nothing_else_is_ever_raised(header: str, body: bytes) -> None:
    with pytest.raises(InvalidSignature):
        verify([header], body, SECRETS, NOW)


@given(st.binary(max_size=200), st.integers(0, 10**11), st.text(st.characters(codec="utf-8"), min_size=1, max_size=40))
def test_what_is_signed_is_genuine(body: bytes, timestamp: int, secret: str) -> None:
    verify([sign(body, secret, timestamp)], body, [secret], timestamp)
