"""Points in time as people type them: `90m`, `2h`, `3d` from now, a date, or an instant in ISO 8601."""

import re
from datetime import UTC, datetime, timedelta

_FROM_NOW = re.compile(r"([0-9]{1,6})([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def parse_since(text: str, now: datetime) -> datetime:
    """An instant that has passed; a length counts backwards. Without an offset it is UTC. Raises ValueError."""
    since = _parsed(text, now, -1)
    if since > now:
        raise ValueError("lies in the future")
    return since


def parse_until(text: str, now: datetime) -> datetime:
    """An instant to come; a length counts forwards. Without an offset it is UTC. Raises ValueError."""
    until = _parsed(text, now, 1)
    if until <= now:
        raise ValueError("has passed already")
    return until


def _parsed(text: str, now: datetime, direction: int) -> datetime:
    try:
        if length := _FROM_NOW.fullmatch(text):
            return now + direction * timedelta(**{_UNITS[length[2]]: int(length[1])})
        instant = datetime.fromisoformat(text)
    except OverflowError as error:
        raise ValueError(str(error)) from error
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
