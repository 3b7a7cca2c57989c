"""billing-service's own metrics."""

from collections.abc import Sequence

from prometheus_client import Counter, Gauge

from shared.contracts.base import Event
from shared.contracts.billing.refunds import RefundFailed

WEBHOOK_EVENTS = Counter(
    "webhook_events_total",
    "Stripe events by result: processed (moved a payment or refund), ignored (nothing new in it, a repetition, or a "
    "type nobody acts on), error (quarantined). A parked event is counted once it is settled.",
    ["result"],
)
for result in ("processed", "ignored", "error"):
    WEBHOOK_EVENTS.labels(result)
OTHER_VERSION = Counter(
    "stripe_events_of_another_version_total",
    "Stripe events written in another API version than the one that this release understands (docs/stripe.md).",
)
PARKED = Gauge("stripe_events_parked", "Stripe events that wait for the payment they are about.")
QUARANTINED = Gauge("stripe_events_quarantined", "Stripe events that a person must look at; 0 is healthy.")
REFUNDS_FAILED = Counter(
    "refunds_failed_total", "Refunds that Stripe refused, or whose money came back: a person owes them in another way."
)


def count(events: Sequence[Event]) -> None:
    """Count what a commit has announced."""
    for event in events:
        if isinstance(event, RefundFailed):
            REFUNDS_FAILED.inc()
