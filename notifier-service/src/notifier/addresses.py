"""Whom a mail goes to, in the form that any relay takes."""

from notifier.errors import MailRefused
from shared.contracts.addresses import ascii_address


def checked_address(address: str) -> str:
    """The address in the form that any relay takes, its domain in ASCII.

    Raises `MailRefused` for what is not exactly one plain address: line breaks, lists, comments,
    quoted or non-ASCII local parts.
    """
    try:
        return ascii_address(address)
    except ValueError as error:
        raise MailRefused("invalid_address") from error
