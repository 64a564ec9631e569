"""What a text costs: how many segments it is sent in, and in which alphabet (3GPP TS 23.038 and 23.040)."""

import unicodedata
from dataclasses import dataclass

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("^{}\\[~]|€\f")
"""Each of these takes two places."""
_GSM = _BASIC | _EXTENSION
_ALONE, _EACH = 160, 153
_ALONE_UCS2, _EACH_UCS2 = 70, 67
_ALIKE = {
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033«»", '"'),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
    **dict.fromkeys("\u00a0\u2002\u2003\u2009\u202f\t", " "),
    "…": "...",
    "•": "-",
    "ª": "a",
    "º": "o",
}


class _Nearest(dict[int, str]):
    """By its code, what is sent for a character; found when it is first wanted, as `str.translate` asks for it."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        parts = [] if character in _GSM else unicodedata.normalize("NFD", character)
        letter = "".join(part for part in parts if not unicodedata.combining(part))
        self[code] = _ALIKE.get(character, letter or character)
        return self[code]


_NEAREST = _Nearest()


@dataclass(frozen=True)
class Segments:
    """How a text goes out."""

    count: int
    unicode: bool
    """Whether it needs UCS-2, which takes less than half as many characters."""
    used: int
    """Places: 7-bit ones, or 16-bit ones."""


def segments(text: str) -> Segments:
    """Counts them as a phone network does. A character that would straddle two segments begins the second."""
    if _GSM.issuperset(text):
        widths = [2 if character in _EXTENSION else 1 for character in text]
        return Segments(_count(widths, _ALONE, _EACH), unicode=False, used=sum(widths))
    widths = [2 if ord(character) > 0xFFFF else 1 for character in text]  # noqa: PLR2004 - the end of the 16-bit plane
    return Segments(_count(widths, _ALONE_UCS2, _EACH_UCS2), unicode=True, used=sum(widths))


def _count(widths: list[int], alone: int, each: int) -> int:
    if sum(widths) <= alone:
        return 1
    count, room = 1, each
    for width in widths:
        if width > room:
            count, room = count + 1, each
        room -= width
    return count


def to_gsm(text: str) -> str:
    """The text in the letters that a segment of 160 has, á as a; as it was where something has no such letter."""
    near = text.translate(_NEAREST)
    return near if _GSM.issuperset(near) else text
