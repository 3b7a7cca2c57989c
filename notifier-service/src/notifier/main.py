"""notifier-service: writes down which messages are owed, and sends all but reminders at once."""

import asyncio
from functools import partial

import notifier
from notifier.messages.delivery import sender_for
from notifier.messages.queue import MESSAGES
from notifier.schema import SCHEMA_REVISION
from notifier.settings import NotifierSettings
from notifier.uses import USES
from shared.declarations import declared_in
from shared.messaging.handlers import Handlers
from shared.persistence.database import Database
from shared.runtime.process import run
from shared.runtime.service import ServiceRuntime
from shared.runtime.settings import load
from shared.zones import ZONE_DATA

HANDLERS = Handlers("notifier").including(*declared_in(notifier, Handlers))


def build() -> ServiceRuntime:
    """Put the service together from its environment."""
    settings = load(NotifierSettings)
    wake_up = asyncio.Event()
    service = ServiceRuntime(
        "notifier",
        settings,
        database=Database(settings.notifier_database_url, settings.notifier_system_database_url, "notifier"),
        schema_revision=SCHEMA_REVISION,
        handlers=HANDLERS,
        uses=USES,
        zone_data=ZONE_DATA,
        adapters={"settings": settings, "wake_up": wake_up},
    )
    sender = sender_for(MESSAGES, service, settings)
    service.every(0, "send-messages", partial(sender.send_when_woken, wake_up))
    return service


def main() -> None:
    """Run until told to stop."""
    run(build)
