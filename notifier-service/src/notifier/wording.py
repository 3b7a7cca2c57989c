"""How times and amounts are written for people. Pure functions."""

from datetime import datetime
from zoneinfo import ZoneInfo

from shared.contracts.money import Money, decimal_text

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_SYMBOLS = {"eur": "€", "gbp": "£", "usd": "$", "jpy": "¥"}


def money(amount: Money) -> str:
    """`€24.00`, `¥5,000`, `CHF 24.00`: minor units by the currency's exponent."""
    number = decimal_text(amount.amount, amount.currency)
    symbol = _SYMBOLS.get(amount.currency)
    return f"{symbol}{number}" if symbol else f"{amount.currency.upper()} {number}"


def day(local: datetime) -> str:
    """`Tuesday 24 November 2026`, whatever the server's locale."""
    return f"{_WEEKDAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]} {local.year}"


def moment(instant: datetime, time_zone: str) -> str:
    """`Tuesday 24 November 2026, 09:00 (Europe/Paris)`."""
    local = instant.astimezone(ZoneInfo(time_zone))
    return f"{day(local)}, {local:%H:%M} ({_zone(local, time_zone)})"


def short_moment(instant: datetime, time_zone: str) -> str:
    """`Tuesday 24 November 2026, 09:00`: for subjects, where the zone would be noise."""
    local = instant.astimezone(ZoneInfo(time_zone))
    return f"{day(local)}, {local:%H:%M}"


def period(starts_at: datetime, ends_at: datetime, time_zone: str) -> str:
    """`Tuesday 24 November 2026, 09:00-11:00 (Europe/Paris)`, with an en dash; both days if it ends on another."""
    start, end = starts_at.astimezone(ZoneInfo(time_zone)), ends_at.astimezone(ZoneInfo(time_zone))
    if start.date() == end.date():
        return f"{day(start)}, {start:%H:%M}\N{EN DASH}{end:%H:%M} ({_zone(start, time_zone)})"
    dash = " \N{EN DASH} "
    return f"{day(start)}, {start:%H:%M}{dash}{day(end)}, {end:%H:%M} ({_zone(start, time_zone)})"


def _zone(local: datetime, time_zone: str) -> str:
    """The zone's name; in an hour that the clock shows twice, the offset as well."""
    if local.replace(fold=0).utcoffset() == local.replace(fold=1).utcoffset():
        return time_zone
    offset = f"{local:%z}"
    return f"{time_zone}, UTC{offset[:3]}:{offset[3:5]}"
