"""The SMTP side: takes every mail, unless it was told to fail."""

import asyncio
from dataclasses import dataclass, field
from typing import AnyStr

from aiosmtpd.smtp import SMTP, Envelope, Session

from devstack.inbox.store import Mailbox

FAULTS = ("reply_421", "reply_450", "reply_550", "close_before_final_dot", "close_after_final_dot", "hang")


@dataclass
class Faults:
    """What goes wrong with the next mails, as counters of how often yet.

    `reply_421`: refused at MAIL FROM and the connection closed, as a server that shuts down.
    `reply_450`, `reply_550`: each recipient refused for now, or for good.
    `close_before_final_dot`: the connection breaks in the message; nothing is kept.
    `close_after_final_dot`: the mail is kept, but the sender never hears so.
    `hang`: silence for `hang_seconds` at MAIL FROM, then as if nothing had been.
    """

    left: dict[str, int] = field(default_factory=lambda: dict.fromkeys(FAULTS, 0))
    hang_seconds: float = 0

    def take(self, fault: str) -> bool:
        """Whether this fault is due now; uses up one."""
        if not self.left[fault]:
            return False
        self.left[fault] -= 1
        return True

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        self.left = dict.fromkeys(FAULTS, 0)
        self.hang_seconds = 0


class Receiver:
    """What happens to a mail at each step of a session (aiosmtpd's hooks)."""

    def __init__(self, mailbox: Mailbox, faults: Faults) -> None:
        """Mails go to `mailbox`; `faults` may be changed while it runs."""
        self.mailbox = mailbox
        self.faults = faults

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, mail_options: list[str]
    ) -> str:
        """Take the sender, or hang, or shut the door."""
        if self.faults.take("hang"):
            await asyncio.sleep(self.faults.hang_seconds)
        if self.faults.take("reply_421"):
            return "421 4.3.2 This server is shutting down, try again later"
        envelope.mail_from = address
        envelope.mail_options.extend(mail_options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take a recipient or refuse it."""
        if self.faults.take("reply_450"):
            return "450 4.2.1 The mailbox is busy, try again later"
        if self.faults.take("reply_550"):
            return "550 5.1.1 There is no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: "SmtpSession", _session: Session, envelope: Envelope
    ) -> str:
        """Keep the mail, unless its sender did not say that it is not ASCII (RFC 6152 §3)."""
        content = envelope.original_content or b""
        declared = {option.upper() for option in envelope.mail_options}
        if not content.isascii() and not declared & {"BODY=8BITMIME", "SMTPUTF8"}:
            return "554 5.6.3 8-bit content, and BODY=8BITMIME was not said"
        mail = self.mailbox.keep(envelope.mail_from or "", list(envelope.rcpt_tos), content)
        if self.faults.take("close_after_final_dot"):
            server.break_off()
        return f"250 2.0.0 kept as {mail.id}"


class SmtpSession(SMTP):
    """One SMTP connection."""

    def __init__(self, receiver: Receiver) -> None:
        """UTF-8 addresses and headers are taken."""
        # The name is given, for else it is asked of the DNS.
        super().__init__(receiver, enable_SMTPUTF8=True, hostname="localhost", ident="Tidebook inbox")
        self._faults = receiver.faults

    def break_off(self) -> None:
        """Cut the connection, without a word."""
        if isinstance(self.transport, asyncio.Transport):
            self.transport.abort()

    async def push(self, status: AnyStr) -> None:
        """Send a reply; 421 is the last word of a connection."""
        await super().push(status)
        if isinstance(status, str) and status.startswith("421") and self.transport is not None:
            self.transport.close()

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - aiosmtpd's name
        """Take the message, or break the connection in the middle of it."""
        addressed = self.envelope is not None and self.envelope.rcpt_tos
        if addressed and self._faults.take("close_before_final_dot"):
            await self.push("354 End data with <CR><LF>.<CR><LF>")
            await self._reader.readline()
            self.break_off()
            return
        await super().smtp_DATA(arg)
