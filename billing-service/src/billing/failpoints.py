"""Where a process of billing can be made to die (`shared.failpoints`)."""

from shared.failpoints import Failpoint


class BillingFailpoint(Failpoint):
    """Before and after each kind of call to Stripe."""

    INTENT_CREATING = "stripe.intent_creating"
    INTENT_CREATED = "stripe.intent_created"
    INTENT_CANCELLING = "stripe.intent_cancelling"
    INTENT_CANCELLED = "stripe.intent_cancelled"
    INTENT_READING = "stripe.intent_reading"
    INTENT_READ = "stripe.intent_read"
    INTENTS_LISTING = "stripe.intents_listing"
    INTENTS_LISTED = "stripe.intents_listed"
    REFUND_CREATING = "stripe.refund_creating"
    REFUND_CREATED = "stripe.refund_created"
    REFUNDS_LISTING = "stripe.refunds_listing"
    REFUNDS_LISTED = "stripe.refunds_listed"
    EVENTS_LISTING = "stripe.events_listing"
    EVENTS_LISTED = "stripe.events_listed"
