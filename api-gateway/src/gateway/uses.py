"""What the gateway sends to services and asks them: all that is published, since the API is made of it."""

from shared.contracts.base import Command, Query
from shared.contracts.registry import published
from shared.messaging.uses import Uses

USES = Uses(commands=tuple(published(Command)), queries=tuple(published(Query)), stripe_events=True)
