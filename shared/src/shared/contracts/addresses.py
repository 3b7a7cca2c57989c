"""E-mail addresses: as people write them, and the one form in which they are kept and sent to. Pure functions."""

import re

import idna

from shared.contracts.text import without_outer_blanks

_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_LOCAL_LIMIT, ADDRESS_LIMIT = 64, 254
"""RFC 5321 §4.5.3.1, and the path limit of 256 octets with its two brackets."""


def ascii_domain(domain: str) -> str:
    """A domain as the DNS has it, in lower case: international ones by IDNA 2008, as UTS 46 has people write them.

    Python's own codec is of 2003 and makes another domain of some: `straße.example` of somebody else's
    `strasse.example`. Raises ValueError for what can be no domain.
    """
    if not domain.isascii():
        if len(domain) > ADDRESS_LIMIT:  # it only grows
            raise ValueError("not a domain")
        try:
            domain = idna.encode(domain, uts46=True, transitional=False).decode("ascii")
        except UnicodeError as error:
            raise ValueError("not a domain") from error
    if not _DOMAIN.fullmatch(domain):
        raise ValueError("not a domain")
    return domain.lower()


def ascii_address(address: str) -> str:
    """The address in the form that any relay takes: its domain in ASCII and lower case, what is left of it as it is.

    That is the dot-atom form of RFC 5321: quoted local parts and those outside of ASCII, which need SMTPUTF8 on the
    whole way, are refused because many relays refuse them. Raises ValueError for what is not exactly one such address.
    """
    local, _, domain = address.rpartition("@")
    plain = f"{local}@{ascii_domain(domain)}"
    if not _LOCAL.fullmatch(local) or len(local) > _LOCAL_LIMIT or len(plain) > ADDRESS_LIMIT:
        raise ValueError("not an e-mail address")
    return plain


def normal_email(text: str) -> str:
    """What somebody typed or pasted as an address, in the one form that is kept: without the blanks around it, the
    domain in ASCII and lower case.

    Raises ValueError for what mail can't go to, or what could smuggle something into a header.
    """
    try:
        address = ascii_address(without_outer_blanks(text))
    except ValueError:
        raise ValueError("not an e-mail address") from None
    top = address.rpartition(".")[2]
    if "." not in address.rpartition("@")[2] or not (len(top) > 1 and top[0].isalpha()):
        raise ValueError("not an e-mail address")
    return address
