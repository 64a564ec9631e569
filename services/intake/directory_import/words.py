"""Words as keyword rules compare them."""

import re
import unicodedata
from collections.abc import Iterable

_LISTED = re.compile(r"[;|\n\u2022]+")


def fold(text: str) -> str:
    """In small letters, without accents, with single spaces."""
    bare = "".join(one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))
    return " ".join(bare.casefold().split())


def split_list(text: str) -> list[str]:
    """The parts of a cell that holds a list."""
    return [part for part in (" ".join(one.split()) for one in _LISTED.split(text)) if part]


def compile_words(words: Iterable[str]) -> re.Pattern[str]:
    """Matches any of these, each a pattern of whole words in folded text."""
    return re.compile(rf"\b(?:{'|'.join(words)})\b")
