"""What in a text may say who a family is: phones, email addresses, street addresses, long numbers, the family's name.

It warns and proves nothing. It cannot find a name that is not the family's own (a child's, a teacher's), a name
misspelled or shortened, names of two letters or in scripts without spaces, a street without a number, digits in words
("seven one eight"), an address given as a place ("the blue house by the church"), or what only neighbours would know.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import chain

from phonenumbers import Leniency, PhoneNumberMatcher


class Kind(Enum):
    """What it looks like, in words."""

    EMAIL = "an email address"
    PHONE = "a phone number"
    ADDRESS = "a street address"
    NUMBER = "a long number"
    NAME = "the family's name"


@dataclass(frozen=True)
class Telltale:
    """A part of a text, which begins at `start`."""

    kind: Kind
    text: str
    start: int

    @property
    def end(self) -> int:
        """Where the text goes on."""
        return self.start + len(self.text)


def find_telltales(text: str, family_name: str) -> tuple[Telltale, ...]:
    """All there are, in the order of the text; what lies within one is not named again."""
    # An accent may come as a letter of its own, which no word would hold.
    text, family_name = unicodedata.normalize("NFC", text), unicodedata.normalize("NFC", family_name)
    found: list[Telltale] = []
    for one in chain(
        _find_emails(text),
        _find_phones(text),
        _find_addresses(text),
        _find_numbers(text),
        _find_names(text, family_name),
    ):
        if all(one.end <= other.start or other.end <= one.start for other in found):
            found.append(one)
    return tuple(sorted(found, key=lambda one: one.start))


_EMAIL = re.compile(r"[^\s@<>,;:()]+@[^\s@<>,;:()]+\.\w+")
_LONG_NUMBER = re.compile(r"\d{3}[- ]\d{2}[- ]\d{4}|[\w-]*\d{4}[\w-]*")

# A way is a street with a capital alone: "2 kids way too small".
_STREET = (
    r"(?:street|str|st|avenue|ave|av|road|rd|lane|ln|drive|dr|boulevard|blvd|court|ct|place|pl|terrace|ter|circle|cir|"
    r"highway|hwy|parkway|pkwy|turnpike|tpke|square|sq|alley|trail|trl|(?-i:Way))\b"
)
_CALLE = (
    r"\b(?:calle|avenida|avda|ave|av|carretera|carr|callej[oó]n|paseo|bulevar|urbanizaci[oó]n|urb|avenue|highway|"
    r"hwy|route|rte)\b\.?\s+"
)
_UNIT = r"\b(?:apt|apartment|apartamento|apto|depto|departamento|unit|suite|ste|p\.?\s?o\.?\s?box|apartado)\b\.?\s*"
_NO_STREETS_NAME = r"(?!(?:a|and|are|at|by|can|do|does|for|from|in|is|more|of|on|or|please|the|they|to|we|will|with)\b)"
_ORDINAL = r"\d+(?:st|nd|rd|th)\s+"
_STREETS_NAME = rf"(?:{_NO_STREETS_NAME}[^\W\d][\w'\u2019-]*\.?\s+|{_ORDINAL}){{1,3}}"
_ADDRESSES = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"\b\d[\w-]*\s+{_STREETS_NAME}{_STREET}",  # 12 Hollow Lane, 350-B North Oak St, 350 5th Ave
        rf"\b{_ORDINAL}{_STREET}",  # 5th Avenue
        rf"{_CALLE}(?:[^\W\d]+\.?\s+){{0,4}}(?:n[uú]m(?:ero)?\.?\s*|no\.?\s*)?#?\d\w*",  # Calle Luna 12, Carr. 2
        rf"{_UNIT}(?:n[uú]m\.?\s*|no\.?\s*)?(?:#\s?\w+|[a-z]?-?\d\w*)",  # Apt 4B, apartamento #3, PO Box 12
        r"\bapt\b\.?\s*(?-i:[A-Z])\b",  # Apt B
    )
)

_WORD = re.compile(r"[^\W\d_]+")
_SHORTEST_NAME = 3
NO_NAMES = frozenset(
    ("and", "des", "die", "fam", "familia", "families", "family", "her", "his", "hija", "hijas", "hijo", "hijos", "las",
     "los", "madre", "mama", "miss", "mom", "mother", "mrs", "padre", "papa", "senor", "senora", "the", "und")
)  # fmt: skip
"""Words that people write into the line for the name, and that say nothing."""


def _find_emails(text: str) -> Iterator[Telltale]:
    return (Telltale(Kind.EMAIL, match[0], match.start()) for match in _EMAIL.finditer(text))


def _find_phones(text: str) -> Iterator[Telltale]:
    matcher = PhoneNumberMatcher(text, "US", leniency=Leniency.POSSIBLE)
    return (Telltale(Kind.PHONE, match.raw_string, match.start) for match in matcher)


def _find_addresses(text: str) -> Iterator[Telltale]:
    return (Telltale(Kind.ADDRESS, match[0], match.start()) for form in _ADDRESSES for match in form.finditer(text))


def _find_numbers(text: str) -> Iterator[Telltale]:
    return (Telltale(Kind.NUMBER, match[0], match.start()) for match in _LONG_NUMBER.finditer(text))


def _find_names(text: str, family_name: str) -> Iterator[Telltale]:
    """Also with the ending of more than one: the Garcias, the Lopezes."""
    parts = {part for word in _WORD.findall(family_name) if len(part := _fold(word)) >= _SHORTEST_NAME} - NO_NAMES
    forms = {part + ending for part in parts for ending in ("", "s", "es")}
    for match in _WORD.finditer(text):
        if _fold(match[0]) in forms:
            yield Telltale(Kind.NAME, match[0], match.start())


def _fold(word: str) -> str:
    """Without case and accents."""
    letters = unicodedata.normalize("NFKD", word.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
