"""How people are found again: the keys that tell two of them apart, and the words that searches go by. Pure."""

import re
import unicodedata
from contextlib import suppress
from uuid import UUID

import phonenumbers
from phonenumbers import NumberParseException

WORD_LIMIT = 40
"""Characters of a word that are kept and searched; an address is kept whole."""
NAME_WORDS, ADDRESS_WORDS = 16, 8
WORDS_LIMIT = NAME_WORDS + ADDRESS_WORDS + 4
"""How many words a customer has at most."""
SEARCHED_WORDS = 5
"""How many words of a search count; the rest of it would not narrow it much."""
_HIGHEST = "\U0010ffff"
_RUN = re.compile(r"[^\W_]+")
_PHONE = re.compile(r"[+\d\s().\-/]+", re.ASCII)
_ID_PREFIX = re.compile(r"[0-9a-f-]{6,36}")
_DIGITS_AT_LEAST = 3
# What Unicode does not take apart, though people leave out the stroke.
_STROKES = str.maketrans("øłđðħ\u0131", "olddhi", "") | {ord("æ"): "ae", ord("œ"): "oe", ord("þ"): "th"}


def folded(text: str) -> str:
    """A text as searches compare it: without case, accents and strokes."""
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(c for c in apart if not unicodedata.combining(c)).translate(_STROKES)


def email_key(email: str | None) -> str | None:
    """What two addresses have in common that are one person's: nobody's mailbox depends on case."""
    return email.lower() if email is not None else None


def name_key(name: str) -> str:
    """What two names have in common that are one person's, whatever the order of their words."""
    return " ".join(sorted(_RUN.findall(folded(name)))[:NAME_WORDS])


def words_of(name: str, email: str | None, phone: str | None) -> list[str]:
    """The words that a customer is found by, each once, sorted."""
    words = {_without_noughts(word)[:WORD_LIMIT] for word in _RUN.findall(folded(name))[:NAME_WORDS]}
    if email is not None:
        address = email.lower()
        words |= {address} | {_without_noughts(word)[:WORD_LIMIT] for word in _RUN.findall(address)[:ADDRESS_WORDS]}
    if phone is not None:
        words |= _numbers(phone)
    return sorted(words - {""})


def searched_words(search: str) -> list[str]:
    """The beginnings of words that a search asks for, the most telling first; none: nothing can be found."""
    if _PHONE.fullmatch(search.strip()):
        digits = re.sub(r"\D", "", search, flags=re.ASCII).lstrip("0")
        return [digits[:WORD_LIMIT]] if len(digits) >= _DIGITS_AT_LEAST else []
    words: set[str] = set()
    for part in search.split():
        if "@" in part:
            words.add(part.lower())
        else:
            words |= {_without_noughts(word)[:WORD_LIMIT] for word in _RUN.findall(folded(part))}
    words.discard("")
    return sorted(words, key=lambda word: (-len(word), word))[:SEARCHED_WORDS]


def word_range(prefix: str) -> tuple[str, str]:
    """Between which texts, half-open and compared by code point, all lie that begin so."""
    return prefix, prefix + _HIGHEST


def id_range(search: str) -> tuple[UUID, UUID] | None:
    """The first and the last id that begin so, if the search can be the beginning of one."""
    prefix = search.strip().lower()
    if not _ID_PREFIX.fullmatch(prefix):
        return None
    digits = prefix.replace("-", "")
    if not 6 <= len(digits) <= 32:
        return None
    return UUID(digits.ljust(32, "0")), UUID(digits.ljust(32, "f"))


def _numbers(phone: str) -> set[str]:
    """A number with its country and without, as digits without noughts before them."""
    number = phone.partition(";")[0]
    found = {_without_noughts(number.lstrip("+"))}
    if number.startswith("+"):
        with suppress(NumberParseException):
            found.add(str(phonenumbers.parse(number).national_number))
    return {digits for digits in found if digits}


def _without_noughts(word: str) -> str:
    """Digits are dialled with noughts before them that belong to no number."""
    return word.lstrip("0") if word.isdecimal() else word
