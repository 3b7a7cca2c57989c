"""How the sending of one message can end without the message being sent."""

from datetime import datetime


class MailRefused(Exception):
    """This mail can't be delivered, now or later. `code` is safe to log: it holds no address."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Superseded(Exception):
    """The message is no longer true, so it is not sent; the text says why."""


class Postponed(Exception):
    """The message is true, but has to wait for a better time."""

    def __init__(self, reason: str, until: datetime) -> None:
        super().__init__(reason)
        self.until = until
