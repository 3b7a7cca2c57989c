"""What a service sends to others besides its events: durable commands, and Stripe's events as they came."""

from shared.contracts.base import Command
from shared.contracts.stripe import StripeEvent
from shared.messaging.broker import Broker


async def send_command(broker: Broker, command: Command) -> None:
    """Store a command; returns once it is on disk.

    Raises `Undeclared` if the service has not declared it, `Unavailable` if it is not stored or nobody can say.
    """
    broker.check_use(type(command))
    await broker.publish(command.subject, command.model_dump_json().encode(), message_id=str(command.id))


async def pass_on_stripe_event(broker: Broker, event_id: str, event_type: str, body: bytes) -> None:
    """Store an event of Stripe's byte for byte, once; returns when it is on disk.

    Raises `Undeclared` and `Unavailable` as `send_command`.
    """
    broker.check_use(StripeEvent)
    subject = StripeEvent.model_construct(id=event_id, type=event_type, created=0, data={}).subject
    await broker.publish(subject, body, message_id=event_id, headers={"content-type": "application/json"})
