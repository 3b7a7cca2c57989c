"""Values that the API takes."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.fields import check_email, parse_instant


@pytest.mark.parametrize(
    "address", ["ada@example.org", "a.b+c@x-y.co.uk", "o'neil@example.org", "x@1.de", "a" * 64 + "@b.co"]
)
def test_addresses(address: str) -> None:
    assert check_email(address) == address


@pytest.mark.parametrize(
    "address",
    ["", "a", "@b.co", "a@", "a@b", "a@b.c", "a@b..co", ".a@b.co", "a.@b.co", "a..b@c.co", "a@-b.co", "a@b-.co",
    "a b@c.co",
     "a@b@c.co", '"a"@b.co', "a@[127.0.0.1]", "a@b.co\n", "a@b.co\r\nBcc: x@y.zz", "a\x00@b.co", "ä@b.co",
     "a@bücher.de",
     "a@b.co,c@d.ee", "Ada <a@b.co>", "a" * 65 + "@b.co", "a@" + "b" * 64 + ".co", "a@" + "b." * 130 + "co"],
)  # fmt: skip
def test_no_addresses(address: str) -> None:
    with pytest.raises(ValueError, match="not an e-mail address"):
        check_email(address)


@given(st.text())
def test_no_address_can_carry_a_header(text: str) -> None:
    try:
        address = check_email(text)
    except ValueError:
        return
    assert address.isascii()
    assert not any(c.isspace() or c in ',;:<>"\x00' for c in address)


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
