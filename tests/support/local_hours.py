"""Zones by what their clocks show now, for tests of what depends on the hour."""

from shared.clock import utc_now


def zone_at(hour: int) -> str:
    """A zone in which it is between that hour and the next; it has one offset all year."""
    ahead = (hour - utc_now().hour + 11) % 24 - 11
    # The signs of these names are those of POSIX: west of Greenwich is positive.
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"
