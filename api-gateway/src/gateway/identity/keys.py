"""API keys: their form, and how one is made.

`tb_live_<id>_<secret>_<checksum>`: the id finds the stored hash, the secret has 256 bits, and the
checksum tells a mistyped key from a wrong one without a look at the database and lets secret
scanners recognise a leaked key. Only the SHA-256 of the secret is stored: it is random, so a slow
hash would protect nothing.
"""

import hashlib
import re
import secrets
import string
import zlib
from dataclasses import dataclass, field

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
PREFIX = "tb_live"
ID_LENGTH = 16
SECRET_LENGTH = 43
CHECKSUM_LENGTH = 6

_KEY_ID = re.compile(r"[0-9A-Za-z]{1,64}")
_FORM = re.compile(rf"{PREFIX}_([0-9A-Za-z]{{{ID_LENGTH}}})_([0-9A-Za-z]{{{SECRET_LENGTH}}})_([0-9A-Za-z]{{6}})")


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that has just been made. `text` is shown once and never stored."""

    id: str
    text: str = field(repr=False)
    digest: bytes = field(repr=False)


def make_key() -> NewKey:
    """A fresh random key."""
    key_id, secret = _random(ID_LENGTH), _random(SECRET_LENGTH)
    body = f"{PREFIX}_{key_id}_{secret}"
    return NewKey(key_id, f"{body}_{checksum(body)}", digest(secret))


def parse_key(text: str) -> tuple[str, bytes] | None:
    """The id and the secret's SHA-256 of a well-formed key; None for anything else."""
    match = _FORM.fullmatch(text)
    if match is None or checksum(text[: -CHECKSUM_LENGTH - 1]) != match[3]:
        return None
    return match[1], digest(match[2])


def key_id_of(text: str) -> str:
    """The id itself. Raises ValueError for what no key's id can be."""
    if not _KEY_ID.fullmatch(text):
        raise ValueError("not a key's id")
    return text


def digest(secret: str) -> bytes:
    """What is stored of a secret."""
    return hashlib.sha256(secret.encode()).digest()


def checksum(body: str) -> str:
    """CRC-32 of everything before it, six base-62 digits."""
    number, digits = zlib.crc32(body.encode()), ""
    for _ in range(CHECKSUM_LENGTH):
        number, digit = divmod(number, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return digits


def _random(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))
