"""How billing-service says no. Codes are public and stable."""

from shared.errors import NotFound


class PaymentNotFound(NotFound):
    """The booking has no payment, or not yet."""

    code = "payment_not_found"
    title = "Payment not found"
