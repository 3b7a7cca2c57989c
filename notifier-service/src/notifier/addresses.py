"""E-mail addresses in the form that any relay takes."""

import re

from notifier.errors import MailRefused

_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"(?P<local>{_ATEXT}(?:\.{_ATEXT})*)@(?P<domain>{_LABEL}(?:\.{_LABEL})*)")
_LOCAL_LIMIT, _ADDRESS_LIMIT = 64, 254
"""RFC 5321 §4.5.3.1, and the path limit of 256 octets with its two brackets."""


def checked_address(address: str) -> str:
    """The address in the form that any relay takes, its domain in ASCII.

    Raises `MailRefused` for what is not exactly one plain address: line breaks, lists, comments,
    quoted or non-ASCII local parts.
    """
    local, at, domain = address.rpartition("@")
    try:
        ascii_domain = domain.encode("idna").decode("ascii").lower() if not domain.isascii() else domain
    except UnicodeError as error:
        raise MailRefused("invalid_address") from error
    plain = f"{local}{at}{ascii_domain}"
    if len(local) > _LOCAL_LIMIT or len(plain) > _ADDRESS_LIMIT or not _ADDRESS.fullmatch(plain):
        raise MailRefused("invalid_address")
    return plain
