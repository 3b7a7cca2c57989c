"""Phone numbers: as people write them, and the one form in which they are kept. Pure functions.

A number of a known country is kept as `+442079460018` (E.164), one of which nobody knows the country as its digits,
`02079460018`; an extension stands behind either as `;ext=12` (RFC 3966). Whether somebody answers there is not
judged: plans of numbers change faster than libraries.
"""

import re

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, ValidationResult

from shared.contracts.text import INVISIBLE, without_outer_blanks

PHONE_LIMIT = 80
"""Characters that a number may be written with; it has 15 digits at most, an extension 7."""
COUNTRIES: frozenset[str] = frozenset(phonenumbers.SUPPORTED_REGIONS)
"""Countries and territories with numbers of their own, by their codes (ISO 3166-1 alpha-2)."""

_SCHEME = re.compile(r"\Atel:\s*", re.IGNORECASE)
_EXTENSION = re.compile(
    r"(?P<number>.*?)[\s,;.(]*(?:ext(?:ension|n)?|x|int|anexo|доб|\#)[\s.:=]*(?P<extension>\d{1,7})[\s)\#]*",
    re.IGNORECASE | re.DOTALL,
)
_BETWEEN = re.compile(rf"[\s().\[\]/~\-\u2010-\u2015\u2212\u30fb\uff08\uff09\uff0d-\uff0f{INVISIBLE}]")
"""What people put between digits: blanks, brackets, dots, slashes, hyphens of every width, and nothing to be seen."""
_NUMBER = re.compile(r"([+\uff0b]?)(\d{3,17})")


def normal_phone(text: str, country: str | None = None) -> str:
    """What somebody typed or pasted as a number, in the one form that is kept.

    `country` is where a number belongs that doesn't say so, such as `GB`; without one it is kept as its digits.
    Raises ValueError for what is no number.
    """
    written = without_outer_blanks(text)
    if len(written) > PHONE_LIMIT:
        raise ValueError("not a phone number")
    written = _SCHEME.sub("", written)
    parts = _EXTENSION.fullmatch(written)
    number = _NUMBER.fullmatch(_BETWEEN.sub("", parts["number"] if parts else written))
    if number is None:
        raise ValueError("not a phone number")
    digits = ("+" if number[1] else "") + phonenumbers.normalize_digits_only(number[2])
    kept = _international(digits, country) or digits
    return f"{kept};ext={phonenumbers.normalize_digits_only(parts['extension'])}" if parts else kept


def _international(digits: str, country: str | None) -> str | None:
    """The number as the whole world dials it; None if nobody can say, or its length is that of none."""
    number = _parsed(digits, country)
    if number is None:
        return None
    written = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    if written == digits:
        return written
    again = _parsed(written, None)
    stable = again is not None and phonenumbers.format_number(again, PhoneNumberFormat.E164) == written
    return written if stable else None


def _parsed(digits: str, country: str | None) -> PhoneNumber | None:
    try:
        number = phonenumbers.parse(digits, country)
    except NumberParseException:
        return None
    # Numbers that are dialled within a town alone are possible as well, but not with the country's code before them.
    possible = phonenumbers.is_possible_number_with_reason(number) == ValidationResult.IS_POSSIBLE
    return number if possible else None
