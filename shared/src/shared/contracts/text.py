"""What people write, character by character: what does harm, what is invisible, and what is neither. Pure functions.

Harm is done by what breaks a line (controls and line separators, which could begin a header) and by what turns the
order of the text around it. Everything else belongs to somebody's writing, whether this Python's tables know it or
not: joiners (Sinhala, Persian, most emoji), variation selectors, tags of flags, code points of a newer Unicode.
Texts are not normalised further: NFC writes some Japanese names with other characters than their bearers do.
"""

import re

_BIDI = "\u202a-\u202e\u2066-\u2069"
"""Embeddings, overrides and isolates (Unicode Annex 9): without their end they turn what follows the text as well.
The marks U+200E, U+200F and U+061C turn nothing but themselves, and stay."""
_NONCHARACTERS = "\ufdd0-\ufdef" + "".join(chr(n) for n in range(0x110000) if n & 0xFFFE == 0xFFFE)
_NO_TEXT = _BIDI + "\u206a-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff" + _NONCHARACTERS
"""Beside those: deprecated format controls, byte order marks, annotations, halves of characters, what never is one."""

_BREAKS = re.compile("\r\n|[\r\x85\u2028\u2029]")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_CONTROLS_BUT_LINES = re.compile("[\x80-\x9f]+")
_NOTHING = re.compile(f"[{_NO_TEXT}]+")

INVISIBLE_BELOW_10000 = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8"
)
INVISIBLE = INVISIBLE_BELOW_10000 + "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
"""Characters that show nothing of themselves, as members of a regular expression's class: those that Unicode calls
default-ignorable, assigned or not, and the empty pattern of Braille."""
_VISIBLE = re.compile(rf"[^\s\x00-\x1f\x7f-\x9f{INVISIBLE}{_NO_TEXT}]")
_OUTER = "".join(
    chr(code)
    for first, last in (
        (0x09, 0x0D), (0x1C, 0x20), (0x85, 0x85), (0xA0, 0xA0), (0x061C, 0x061C), (0x1680, 0x1680), (0x2000, 0x200B),
        (0x200E, 0x200F), (0x2028, 0x202F), (0x205F, 0x2060), (0x2066, 0x206F), (0x3000, 0x3000), (0xFEFF, 0xFEFF),
    )
    for code in range(first, last + 1)
)  # fmt: skip
"""Blanks of every width, and the marks of direction that address books put around numbers and names."""


def has_visible(text: str) -> bool:
    """Whether there is anything to see."""
    return _VISIBLE.search(text) is not None


def without_outer_blanks(text: str) -> str:
    """The text without blanks at its ends, of whatever width: what autocompletion and copying put there.

    Joiners and selectors stay, since they change the character beside them.
    """
    return text.strip(_OUTER)


def without_harm(text: str) -> str:
    """The text as one line: what breaks lines has become a blank, what turns the text around it is gone."""
    if text.isascii() and text.isprintable():
        return text
    return _NOTHING.sub("", _CONTROLS.sub(" ", text))


def plain_lines(text: str) -> str:
    """The text with its lines, each ended by a line feed alone, without what does harm within a line.

    Of the controls of ASCII nothing is taken away: who must have none of them refuses them.
    """
    if text.isascii() and "\r" not in text:
        return text
    return _NOTHING.sub("", _CONTROLS_BUT_LINES.sub("", _BREAKS.sub("\n", text)))
