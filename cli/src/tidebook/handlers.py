"""Every service's handlers, for a look at their consumers."""

from billing.main import HANDLERS as BILLING
from booking.main import HANDLERS as BOOKING
from notifier.main import HANDLERS as NOTIFIER

ALL = [*BOOKING.declared, *BILLING.declared, *NOTIFIER.declared]
