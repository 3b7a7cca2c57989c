"""notifier-service: writes down which messages are owed, and sends all but reminders at once."""

from notifier import handlers
from notifier.outgoing import MailBell, mailroom_for, message_sender
from notifier.schema import SCHEMA_REVISION
from notifier.settings import NotifierSettings
from notifier.uses import USES
from shared.persistence.database import Database
from shared.runtime.service import ServiceRuntime, run
from shared.runtime.settings import load

HANDLERS = handlers.handlers


def build() -> ServiceRuntime:
    """Put the service together from its environment."""
    settings = load(NotifierSettings)
    bell = MailBell()
    service = ServiceRuntime(
        "notifier",
        settings,
        database=Database(settings.notifier_database_url.get_secret_value(), "notifier"),
        schema_revision=SCHEMA_REVISION,
        handlers=HANDLERS,
        uses=USES,
        adapters={"mailroom": mailroom_for(settings, bell)},
    )
    service.every(0, "send-messages", bell.answered_by(message_sender(service, settings)))
    return service


def main() -> None:
    """Run until told to stop."""
    run(build)
