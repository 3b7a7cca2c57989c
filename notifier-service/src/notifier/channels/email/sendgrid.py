"""Mail through SendGrid's Web API v3. Takes a mail or says why not; does not retry.

Errors carry codes only: what SendGrid answers may repeat addresses, which belong into no log.
"""

import base64
from typing import Any

import httpx

from notifier.addresses import checked_address
from notifier.channels.email.mime import Mail, display_name, header_text
from notifier.errors import MailRefused
from notifier.settings import NotifierSettings
from shared.errors import Unavailable

CONNECT_SECONDS = 10
REQUEST_SECONDS = 30
SENDGRID_SENT = 202
_OUR_FAULT = (401, 403, 404, 408, 429)
"""Answers that concern the account, its address or its limits, not the mail."""


class SendGridMailer:
    """SendGrid's Web API v3, `POST /v3/mail/send`."""

    def __init__(self, settings: NotifierSettings) -> None:
        self._mail_from = settings.mail_from
        self._http = httpx.AsyncClient(
            base_url=settings.sendgrid_api_base,
            headers={"Authorization": f"Bearer {settings.sendgrid_api_key.get_secret_value()}"},
            timeout=httpx.Timeout(REQUEST_SECONDS, connect=CONNECT_SECONDS),
        )

    async def send(self, mail: Mail) -> None:
        """See `Mailer.send`."""
        try:
            answer = await self._http.post("/v3/mail/send", json=self._body(mail))
        except httpx.HTTPError as error:
            raise Unavailable(f"sendgrid: {type(error).__name__}") from error
        if answer.status_code == SENDGRID_SENT:
            return
        if answer.status_code >= 500 or answer.status_code in _OUR_FAULT:
            raise Unavailable(f"sendgrid: {answer.status_code}")
        raise MailRefused(f"sendgrid_{answer.status_code}")

    def _body(self, mail: Mail) -> dict[str, Any]:
        body: dict[str, Any] = {
            "personalizations": [{"to": [{"email": checked_address(mail.recipient)}]}],
            "from": {"email": self._mail_from, "name": display_name(mail.sender_name)},
            "subject": header_text(mail.subject),
            "content": [
                {"type": "text/plain", "value": mail.text},
                {"type": "text/html", "value": mail.html},
            ],
            "headers": {"Message-ID": mail.message_id, "Auto-Submitted": "auto-generated"},
            # Links are left as they are: a payment link that leads elsewhere first looks like fraud.
            "tracking_settings": {
                "click_tracking": {"enable": False, "enable_text": False},
                "open_tracking": {"enable": False},
            },
        }
        if mail.calendar:
            body["attachments"] = [
                {
                    "content": base64.b64encode(mail.calendar.content).decode("ascii"),
                    # SendGrid takes no parameters here; the method stands in the file as well.
                    "type": "text/calendar",
                    "filename": mail.calendar.name,
                    "disposition": "attachment",
                }
            ]
        return body
