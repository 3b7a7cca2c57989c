"""How the sending of one message can end without the message being sent."""


class MailRefused(Exception):
    """This mail can't be delivered, now or later. `code` is safe to log: it holds no address."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Superseded(Exception):
    """The message is no longer true, so it is not sent; the text says why."""
