"""The kinds of values that clients may send, with their limits: one definition for commands and HTTP bodies."""

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, ValidationInfo, WithJsonSchema

from shared.contracts.addresses import ADDRESS_LIMIT, normal_email
from shared.contracts.phones import COUNTRIES, PHONE_LIMIT, normal_phone
from shared.contracts.text import INVISIBLE_BELOW_10000, has_visible, plain_lines, without_harm, without_outer_blanks
from shared.zones import zone_of

DEFAULT_COUNTRY = "default_country"
"""The member of a validation's context that says where phone numbers without a country belong (`normal_phone`)."""

# No control characters where a line is meant: what is stored ends up in mail headers and on pages.
# NUL can't be stored by PostgreSQL at all.
_LINE = r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$"
_TEXT = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
_BREAKING = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_IN_LINE = r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]"
_NAME_LIMIT = 200
_KIND_LIMIT = 60


_UNSEEN = "".join(c if c == "-" else f"\\u{ord(c):04x}" for c in INVISIBLE_BELOW_10000)
NAME_PATTERN = rf"^{_IN_LINE}*[^\s\x00-\x1f\x7f-\x9f\ufdd0-\ufdef\ufff9-\uffff{_UNSEEN}]{_IN_LINE}*$"
PHONE_PATTERN = (
    r"^\s*\+?(?:[\s().\-/\u2010-\u2015]*[0-9]){3,17}[\s().\-/]*(?:[,;]?\s*(?:ext[.=]?|x|#)\s*[0-9]{1,7})?\s*$"
)
"""What the document says of names and numbers: nothing of that form is refused, and a little more is taken."""


def normal_name(text: str) -> str:
    """A name as it is kept: without the blanks around it and without what turns the text beside it.

    Raises ValueError for one with nothing to see, with a line break or another control character, or too long.
    """
    name = without_outer_blanks(text)
    if len(name) > _NAME_LIMIT:
        raise ValueError(f"must have at most {_NAME_LIMIT} characters")
    if _BREAKING.search(name):
        raise ValueError("must be one line without control characters")
    name = without_harm(name)
    if not has_visible(name):
        raise ValueError("must have a character that can be seen")
    return name


def normal_kind(text: str) -> str:
    """A kind as it is kept and compared: a name without capitals. Raises ValueError for no name, or too long."""
    kind = normal_name(text).casefold()
    if len(kind) > _KIND_LIMIT:
        raise ValueError(f"must have at most {_KIND_LIMIT} characters")
    return kind


def normal_country(text: str) -> str:
    """A country by its code (ISO 3166-1 alpha-2) as it is kept: in capitals. Raises ValueError for an unknown one."""
    code = text.strip().upper()
    if code not in COUNTRIES:
        raise ValueError("must be the code of a country, such as GB")
    return code


_LOCALE = r"^([A-Za-z]{2,3})([-_][A-Za-z]{4})?([-_]([A-Za-z]{2}|[0-9]{3}))?$"


def normal_locale(text: str) -> str:
    """A language, its script and region as they are kept: `de-CH`, `zh-Hant-TW`. Raises ValueError for other forms."""
    written = text.strip()
    if not re.fullmatch(_LOCALE, written, re.ASCII):
        raise ValueError("must be a language, such as en or de-CH")
    language, *rest = re.split("[-_]", written)
    return "-".join((language.lower(), *(part.title() if len(part) == 4 else part.upper() for part in rest)))


def known_zone(name: str) -> str:
    """The name of a zone that there is. Raises ValueError for any other."""
    zone_of(name)
    return name


def _phone(text: str, info: ValidationInfo) -> str:
    return normal_phone(text, (info.context or {}).get(DEFAULT_COUNTRY))


def _normal_text(value: Any) -> Any:
    return plain_lines(value) if isinstance(value, str) else value


def _whole(value: Any) -> Any:
    """A number that has no fraction is an integer however it is written (JSON Schema 2020-12 §6.1.1): 60.0, 6e1."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Whole = Annotated[int, BeforeValidator(_whole)]
"""An integer in a body. Texts and booleans are none, where validation is strict."""
Name = Annotated[
    str,
    AfterValidator(normal_name),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": _NAME_LIMIT, "pattern": NAME_PATTERN}),
]
"""One line with something to see, in any writing."""
Kind = Annotated[
    str,
    AfterValidator(normal_kind),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": _KIND_LIMIT, "pattern": NAME_PATTERN}),
]
"""A word for what is alike, in any writing; capitals make no difference."""
Text = Annotated[str, StringConstraints(max_length=2000, pattern=_TEXT), BeforeValidator(_normal_text)]
"""Lines in any writing, ended by line feeds. What does harm is left out, not refused: stored ones are read by it."""
ShortText = Annotated[str, StringConstraints(max_length=500, pattern=_TEXT), BeforeValidator(_normal_text)]
"""The same, as long as a reason for something may be."""
Phone = Annotated[
    str,
    AfterValidator(_phone),
    WithJsonSchema(
        {
            "type": "string",
            "minLength": 3,
            "maxLength": PHONE_LIMIT,
            "pattern": PHONE_PATTERN,
            "examples": ["+44 20 7946 0018", "(555) 123-4567", "020 7946 0018 ext 12"],
        }
    ),
]
ZoneName = Annotated[str, StringConstraints(max_length=64, pattern=r"^[A-Za-z0-9_+\-/]+$")]
KnownZone = Annotated[ZoneName, AfterValidator(known_zone)]
"""A zone that there is."""
Country = Annotated[
    str,
    AfterValidator(normal_country),
    WithJsonSchema({"type": "string", "pattern": r"^[A-Za-z]{2}$", "examples": ["GB"]}),
]
"""A country by its code, in capitals or not."""
Locale = Annotated[
    str,
    AfterValidator(normal_locale),
    WithJsonSchema({"type": "string", "maxLength": 12, "pattern": _LOCALE, "examples": ["en", "de-CH"]}),
]
"""How somebody writes and reads, by BCP 47: a language, a script, a region."""
Opens = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Closes = Annotated[str, StringConstraints(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")]
MetadataKey = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=_LINE)]
MetadataValue = Annotated[str, StringConstraints(max_length=500, pattern=_TEXT)]
Metadata = Annotated[
    dict[MetadataKey, MetadataValue],
    Field(max_length=50),
    AfterValidator(lambda members: dict(sorted(members.items()))),
    # Pydantic would document the names as `patternProperties`, which lets every other name have any value.
    WithJsonSchema(
        {
            "type": "object",
            "maxProperties": 50,
            "propertyNames": {"minLength": 1, "maxLength": 40, "pattern": _LINE},
            "additionalProperties": {"type": "string", "maxLength": 500, "pattern": _TEXT},
        }
    ),
]
"""Sorted by key, so that the same metadata is the same text under an `Idempotency-Key`."""

_INSTANT = re.compile(
    r"(\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:(?P<seconds>\d\d))(?:\.(?P<fraction>\d+))?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_YEARS = range(1970, 3000)
"""Room on both sides for zone offsets and durations, which overflow at the ends of the calendar."""
_TO_THE_MINUTE = r"^(19[7-9][0-9]|2[0-9]{3})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[Tt]([01][0-9]|2[0-3]):[0-5][0-9]:"
_OFFSET = r"([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$"
INSTANT_SCHEMA = {
    "type": "string",
    "format": "date-time",
    "pattern": rf"{_TO_THE_MINUTE}[0-5][0-9](\.[0-9]+)?{_OFFSET}",
}
_MINUTE_SCHEMA = INSTANT_SCHEMA | {"pattern": rf"{_TO_THE_MINUTE}00(\.0+)?{_OFFSET}"}
"""What the document says of them beside their format: which years, and that a minute is a whole one."""


def parse_instant(value: Any) -> datetime:
    """An RFC 3339 timestamp with its offset, as an instant in UTC. Raises ValueError.

    RFC 3339 sets no limit to a fraction's digits (.NET writes seven): what is below a microsecond is cut off.
    """
    if not isinstance(value, str) or not (parts := _INSTANT.fullmatch(value)):
        raise ValueError("must be RFC 3339 with an offset, such as 2026-12-01T09:00:00+01:00")
    seconds, _, fraction, offset = parts.groups()
    moment = datetime.fromisoformat(f"{seconds}.{(fraction or '')[:6]:0<6}{offset}".upper())
    if moment.year not in _YEARS:
        raise ValueError(f"must lie in the years {_YEARS[0]} to {_YEARS[-1]}")
    return moment.astimezone(UTC)


def parse_minute(value: Any) -> datetime:
    """`parse_instant` of an instant without seconds, to the last digit. Raises ValueError."""
    moment = parse_instant(value)
    parts = _INSTANT.fullmatch(value)
    if parts is None or parts["seconds"] != "00" or (parts["fraction"] or "").strip("0"):
        raise ValueError("must be a whole minute")
    return moment


_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def parse_date(value: Any) -> date:
    """A date of the calendar, RFC 3339 `full-date`. Raises ValueError."""
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise ValueError("must be a date, such as 2026-12-24")
    day = date.fromisoformat(value)
    if day.year not in _YEARS:
        raise ValueError(f"must lie in the years {_YEARS[0]} to {_YEARS[-1]}")
    return day


Date = Annotated[
    date,
    BeforeValidator(parse_date),
    WithJsonSchema({"type": "string", "format": "date", "pattern": r"^(19[7-9][0-9]|2[0-9]{3})-[01][0-9]-[0-3][0-9]$"}),
]
"""A date on a resource's own calendar."""
Email = Annotated[
    str,
    AfterValidator(normal_email),
    WithJsonSchema({"type": "string", "format": "email", "maxLength": ADDRESS_LIMIT}),
]
"""One address, kept as it is sent to: an international domain in its ASCII form."""
Instant = Annotated[datetime, BeforeValidator(parse_instant), WithJsonSchema(INSTANT_SCHEMA)]
Minute = Annotated[datetime, BeforeValidator(parse_minute), WithJsonSchema(_MINUTE_SCHEMA)]
