"""Where a process of the gateway can be made to die (`shared.failpoints`)."""

from shared.failpoints import Failpoint


class GatewayFailpoint(Failpoint):
    """The steps of a write and of a webhook on their way to their streams."""

    COMMAND_PUBLISHING = "command.publishing"
    COMMAND_PUBLISHED = "command.published"
    COMMAND_DECIDED = "command.decided"
    """The outcome has come; nobody has been answered."""
    WEBHOOK_PUBLISHING = "webhook.publishing"
    WEBHOOK_PUBLISHED = "webhook.published"
