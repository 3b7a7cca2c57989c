"""What a service sends and asks, declared in its `uses` module.

Its rights on NATS are generated from this declaration, and the runtime holds it to it, so that a right
comes from no import and a missing one shows in the first test, not as a denial by the server.
"""

from typing import Any

from shared.contracts.base import Command, Query
from shared.contracts.stripe import StripeEvent


class Undeclared(Exception):
    """A service sends or asks what its `Uses` does not name."""


class Uses:
    """The commands that a service sends, the queries that it asks, and whether it passes on Stripe's events."""

    def __init__(
        self,
        *,
        commands: tuple[type[Command], ...] = (),
        queries: tuple[type[Query[Any]], ...] = (),
        stripe_events: bool = False,
    ) -> None:
        self.commands = commands
        self.queries = queries
        self.stripe_events = stripe_events
        self._types = {*commands, *queries, *((StripeEvent,) if stripe_events else ())}

    def check(self, message_type: type) -> None:
        """Raises `Undeclared` for a message of a type that is not named."""
        if message_type not in self._types:
            raise Undeclared(f"{message_type.__name__} is not among the service's declared uses (`USES`)")
