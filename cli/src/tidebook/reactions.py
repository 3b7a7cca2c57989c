"""Every service's reactions, for a look at their consumers."""

from billing import handlers as billing_handlers
from billing import webhooks as billing_webhooks
from booking import creation as booking_creation
from booking import handlers as booking_handlers
from booking import requests as booking_requests
from notifier import handlers as notifier_handlers

ALL = [
    reaction
    for module in (
        booking_creation,
        booking_requests,
        booking_handlers,
        billing_handlers,
        billing_webhooks,
        notifier_handlers,
    )
    for reaction in module.reactions.declared
]
