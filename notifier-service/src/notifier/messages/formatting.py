"""How times and amounts are written for people, by locale (the names of months and the signs of currencies are CLDR's).

Pure functions.
"""

from datetime import datetime
from decimal import Decimal
from functools import cache

from babel import Locale
from babel.dates import format_date
from babel.numbers import NumberPattern, get_currency_symbol, parse_pattern

from shared.contracts.money import Money, rules_of
from shared.zones import zone_of

_DAYS = {"en": "EEEE d MMMM y"}
"""CLDR's date pattern of each locale that there are templates for: CLDR's own `en` puts the month first."""


def money(amount: Money, locale: str) -> str:
    """`€24.00`, `¥5,000`, `CHF 24.00`: minor units by the currency's decimals."""
    decimals = rules_of(amount.currency).exponent
    currency = amount.currency.upper()
    pattern = _amount_pattern(currency, decimals, locale)
    value = Decimal(amount.amount).scaleb(-decimals)
    return str(pattern.apply(value, _parsed(locale), currency=currency, currency_digits=False))


def day(local: datetime, locale: str) -> str:
    """`Tuesday 24 November 2026`."""
    return format_date(local, _DAYS[locale], locale=_parsed(locale))


# Few of each exist, and Babel parses them anew for every number and date: a good part of the time a mail takes.
@cache
def _amount_pattern(currency: str, decimals: int, locale: str) -> NumberPattern:
    pattern = _parsed(locale).currency_formats["standard"].pattern
    pattern = pattern.replace("0.00", f"0.{'0' * decimals}" if decimals else "0")
    if get_currency_symbol(currency, locale)[-1].isalpha():
        # CLDR keeps words and digits apart.
        pattern = pattern.replace("¤#", "¤ #")
    return parse_pattern(pattern)


@cache
def _parsed(locale: str) -> Locale:
    return Locale.parse(locale)


def moment(instant: datetime, time_zone: str, locale: str) -> str:
    """`Tuesday 24 November 2026, 09:00 (Europe/Paris)`."""
    local = instant.astimezone(zone_of(time_zone))
    return f"{day(local, locale)}, {local:%H:%M} ({_zone(local, time_zone)})"


def short_moment(instant: datetime, time_zone: str, locale: str) -> str:
    """`Tuesday 24 November 2026, 09:00`: for subjects, where the zone would be noise.

    In an hour that the clock shows twice, with its offset: `… 02:30 (UTC+02:00)`.
    """
    local = instant.astimezone(zone_of(time_zone))
    offset = f" ({_offset(local)})" if _comes_twice(local) else ""
    return f"{day(local, locale)}, {local:%H:%M}{offset}"


def period(starts_at: datetime, ends_at: datetime, time_zone: str, locale: str) -> str:
    """`Tuesday 24 November 2026, 09:00-11:00 (Europe/Paris)`, with an en dash; both days if it ends on another.

    Both times with their offsets if one of them lies in an hour that the clock shows twice.
    """
    start, end = starts_at.astimezone(zone_of(time_zone)), ends_at.astimezone(zone_of(time_zone))
    exact = _comes_twice(start) or _comes_twice(end)
    first, last = (f"{t:%H:%M} {_offset(t)}" if exact else f"{t:%H:%M}" for t in (start, end))
    if start.date() != end.date():
        last = f"{day(end, locale)}, {last}"
    dash = " \N{EN DASH} " if exact or start.date() != end.date() else "\N{EN DASH}"
    return f"{day(start, locale)}, {first}{dash}{last} ({time_zone})"


def _zone(local: datetime, time_zone: str) -> str:
    """The zone's name; in an hour that the clock shows twice, the offset as well."""
    return f"{time_zone}, {_offset(local)}" if _comes_twice(local) else time_zone


def _comes_twice(local: datetime) -> bool:
    """Whether the clock of the zone shows this time twice."""
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()


def _offset(local: datetime) -> str:
    """`UTC+02:00`."""
    offset = f"{local:%z}"
    return f"UTC{offset[:3]}:{offset[3:5]}"
