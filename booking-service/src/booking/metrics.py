"""booking-service's own metrics."""

from prometheus_client import Counter

BOOKINGS = Counter(
    "bookings_total",
    "Bookings by what happened to them: created, confirmed, rescheduled, cancelled, expired, completed.",
    ["action"],
)
