"""Names and addresses, however they are spelt: what two people write for the same comes out the same."""

import re
import unicodedata

_LETTERS = str.maketrans("đłø\u0131", "dloi", "'`\u2018\u2019\u02bc")
"""Letters that Unicode does not take apart, and apostrophes: O'Brien is one word."""
_WORD = re.compile(r"[^\W_]+")
_HYPHEN_OF_A_NUMBER = re.compile(r"(?<=\d)[-\u2010-\u2015](?=\w)")
_ORDINAL = re.compile(r"^(\d+)(?:st|nd|rd|th)$")
_ZIP_CODE = re.compile(r"\d{5}(?:\d{4})?")

_NOT_A_NAME = {"the", "family", "familia", "and", "mr", "mrs", "ms", "sr", "sra", "jr", "de", "del", "la", "las", "los"}
_FLAT = {"apartment", "apt", "unit", "suite", "ste", "room", "rm", "number", "num", "no"}
_FLAT_IN_SPANISH = {"apartamento", "apto", "departamento", "depto", "dpto", "numero", "nro"}
_STREETS = {
    "street": "st",
    "avenue": "ave",
    "av": "ave",
    "avenida": "ave",
    "avda": "ave",
    "boulevard": "blvd",
    "bulevar": "blvd",
    "road": "rd",
    "drive": "dr",
    "lane": "ln",
    "court": "ct",
    "place": "pl",
    "terrace": "ter",
    "parkway": "pkwy",
    "highway": "hwy",
    "carretera": "carr",
    "circle": "cir",
    "square": "sq",
    "trail": "trl",
    "way": "way",
}
_DIRECTIONS = {
    "north": "n",
    "south": "s",
    "east": "e",
    "west": "w",
    "northeast": "ne",
    "northwest": "nw",
    "southeast": "se",
    "southwest": "sw",
    "norte": "n",
    "sur": "s",
    "este": "e",
    "oeste": "w",
}
_SHORT = _STREETS | _DIRECTIONS | {"saint": "st", "mount": "mt", "fort": "ft"}
_STREET_KINDS, _DIRECTION_KINDS = frozenset(_STREETS.values()), frozenset(_DIRECTIONS.values())
_NUMBER_AND_NAME = 2


def name_words(name: str) -> tuple[str, ...]:
    """The words that tell a name from others, in the order of the alphabet: "García López, Ana" is "Ana Garcia Lopez".

    Initials and words such as "family" are left out.
    """
    words = {word for word in fold_words(name) if word not in _NOT_A_NAME and (len(word) > 1 or not word.isascii())}
    return tuple(sorted(words))


def address_words(address: str) -> tuple[str, ...]:
    """House, street and flat: "12 North Main Street, Apt. 4B, Brooklyn, NY 11201" is "12 n main st 4b".

    Town and ZIP code are left out, since one person writes them and another does not.
    """
    words = [
        _SHORT.get(word, _ORDINAL.sub(r"\1", word))
        for word in fold_words(_HYPHEN_OF_A_NUMBER.sub("", address))
        if word not in _FLAT | _FLAT_IN_SPANISH
    ]
    if words and words[0][0].isdigit():
        words = _cut_after_street(words)
    while words and _ZIP_CODE.fullmatch(words[-1]) and len(words) > 1:
        words.pop()
    return tuple(words)


def _cut_after_street(words: list[str]) -> list[str]:
    """Where the house number comes first, what follows the street is the flat, in digits or one letter, or the town."""
    kinds = (place for place, word in enumerate(words) if place >= _NUMBER_AND_NAME and word in _STREET_KINDS)
    end = next(kinds, len(words)) + 1
    flat = [word for word in words[end:] if not _ZIP_CODE.fullmatch(word) and _may_be_flat(word)]
    return words[:end] + flat


def _may_be_flat(word: str) -> bool:
    return len(word) == 1 or word in _DIRECTION_KINDS or any(letter.isdigit() for letter in word)


def fold_words(text: str) -> list[str]:
    """The words of a text without case, accents and punctuation."""
    bare = "".join(letter for letter in unicodedata.normalize("NFKD", text) if not _is_accent(letter))
    return _WORD.findall(unicodedata.normalize("NFKD", bare.casefold()).translate(_LETTERS))


def _is_accent(letter: str) -> bool:
    # Marks, and what is invisible within a word.
    category = unicodedata.category(letter)
    return category.startswith("M") or category == "Cf"
