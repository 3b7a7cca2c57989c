"""Phone numbers as people write them, and the one form that is kept."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.contracts.phones import PHONE_LIMIT, normal_phone


@pytest.mark.parametrize(
    ("written", "country", "kept"),
    [
        ("(555) 123-4567", None, "5551234567"),
        ("(555) 123-4567", "US", "+15551234567"),
        ("020 7946 0018 ext 12", None, "02079460018;ext=12"),
        ("020 7946 0018 ext 12", "GB", "+442079460018;ext=12"),
        ("020 7946 0018 x12", "GB", "+442079460018;ext=12"),
        ("020 7946 0018, ext. 12", "GB", "+442079460018;ext=12"),
        ("(020) 7946-0018 (Ext 12)", "GB", "+442079460018;ext=12"),
        ("020 7946 0018 #12", "GB", "+442079460018;ext=12"),
        ("+7 495 123-45-67 доб. 8", None, "+74951234567;ext=8"),
        ("\u00a0+33\u00a01\u202f23\u00a045 67 89\u00a0", None, "+33123456789"),
        ("\u202a+44 20 7946 0018\u202c", None, "+442079460018"),
        ("+44 (0)20 7946 0018", None, "+442079460018"),
        ("tel:+44-20-7946-0018;ext=12", None, "+442079460018;ext=12"),
        ("+49.30.1234567", "GB", "+49301234567"),
        ("+49 30/1234567", None, "+49301234567"),
        ("+49 30 12\u201345\u201167", None, "+4930124567"),
        ("＋８１（３）１２３４－５６７８", None, "+81312345678"),
        ("٠١٠٠ ١٢٣ ٤٥٦٧", None, "01001234567"),
        ("00 44 20 7946 0018", "DE", "+442079460018"),
        ("123-4567", "US", "1234567"),
        ("110", "DE", "110"),
        ("+999 123 456", None, "+999123456"),
    ],
)
def test_one_form_is_kept(written: str, country: str | None, kept: str) -> None:
    assert normal_phone(written, country) == kept
    assert normal_phone(kept, country) == kept


@pytest.mark.parametrize(
    "written",
    ["", " ", "12", "+", "ext 12", "x12", "<script>", "call me", "12a456", "+44 20 7946 0018 or 19", "1+2345678",
     "1" * 18, "123456 ext 12345678", "\u0000123456", "123\n456\x00", "1-800-FLOWERS",
     "2" + " " * PHONE_LIMIT + "34567",
     "x." * 39 + "!"],
)  # fmt: skip
def test_no_numbers(written: str) -> None:
    with pytest.raises(ValueError, match="not a phone number"):
        normal_phone(written)


PIECES = st.sampled_from(
    ["+", "0", "00", "1", "44", "(0)", "20", "7946", "55", "9", " ", "-", "ext ", "x", "#", ".", "\u00a0", "٣"]
)


@given(
    st.lists(PIECES | st.integers(0, 9999).map(str), max_size=12).map("".join),
    st.sampled_from([None, "US", "GB", "IT", "AR", "MX", "BR"]),
)
@example("+44 0 020 7946 0018", None)
@example("011 15 1234 5678", "AR")
def test_twice_is_once(written: str, country: str | None) -> None:
    try:
        kept = normal_phone(written, country)
    except ValueError:
        return
    assert normal_phone(kept, country) == kept
    assert kept.isascii()
    number, _, extension = kept.partition(";ext=")
    assert number.removeprefix("+").isdigit()
    assert extension.isdigit() == (";" in kept)
