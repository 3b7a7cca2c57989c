"""How times and amounts are written for people, by locale (the names of months and the signs of currencies are CLDR's).

Pure functions.
"""

from datetime import datetime
from decimal import Decimal
from functools import cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date
from babel.numbers import NumberPattern, get_currency_symbol, parse_pattern

from shared.contracts.money import Money, rules_of

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
    local = instant.astimezone(ZoneInfo(time_zone))
    return f"{day(local, locale)}, {local:%H:%M} ({_zone(local, time_zone)})"


def short_moment(instant: datetime, time_zone: str, locale: str) -> str:
    """`Tuesday 24 November 2026, 09:00`: for subjects, where the zone would be noise."""
    local = instant.astimezone(ZoneInfo(time_zone))
    return f"{day(local, locale)}, {local:%H:%M}"


def period(starts_at: datetime, ends_at: datetime, time_zone: str, locale: str) -> str:
    """`Tuesday 24 November 2026, 09:00-11:00 (Europe/Paris)`, with an en dash; both days if it ends on another."""
    start, end = starts_at.astimezone(ZoneInfo(time_zone)), ends_at.astimezone(ZoneInfo(time_zone))
    if start.date() == end.date():
        return f"{day(start, locale)}, {start:%H:%M}\N{EN DASH}{end:%H:%M} ({_zone(start, time_zone)})"
    days = f"{day(start, locale)}, {start:%H:%M} \N{EN DASH} {day(end, locale)}, {end:%H:%M}"
    return f"{days} ({_zone(start, time_zone)})"


def _zone(local: datetime, time_zone: str) -> str:
    """The zone's name; in an hour that the clock shows twice, the offset as well."""
    if local.replace(fold=0).utcoffset() == local.replace(fold=1).utcoffset():
        return time_zone
    offset = f"{local:%z}"
    return f"{time_zone}, UTC{offset[:3]}:{offset[3:5]}"
