"""The ways out for mail: an SMTP relay or SendGrid, as the settings say."""

from typing import Protocol

from notifier.channels.email.mime import Mail
from notifier.channels.email.sendgrid import SendGridMailer
from notifier.channels.email.smtp import SmtpMailer
from notifier.settings import NotifierSettings


class Mailer(Protocol):
    """Hands a mail over for delivery."""

    async def send(self, mail: Mail) -> None:
        """Returns once the mail is accepted.

        Raises `Unavailable` if it may be accepted later, `MailRefused` if it never will.
        """


def mailer_for(settings: NotifierSettings) -> Mailer | None:
    """The mailer that the settings name, ready to send; None if mail is off."""
    if settings.mail_adapter == "off":
        return None
    if settings.mail_adapter == "sendgrid":
        return SendGridMailer(settings)
    return SmtpMailer(settings)
