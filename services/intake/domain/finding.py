"""The things that somebody means who writes "2 camas", "luz" or "rent $400"."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache

from schemas.taxonomy import CATEGORY_LABELS, ITEM_KINDS, Category, ItemKind
from services.intake.domain.spelling import fold_words
from services.intake.domain.thing_words import SAYS_NOTHING, THING_WORDS

MOST_FOUND = 6
_MOST_WORDS = 8
_NUMBER = re.compile(r"\d{1,4}")
_SAYS_NOTHING = frozenset(SAYS_NOTHING.split())
_ALIKE = 0.8
"""How alike a word has to be that is mistyped."""
_SHORTEST_MISTYPED = 4
_SHORTEST_BEGUN = 3
"""Letters of a word that a whole search turns on."""
_IN_NAME, _AMONG_OTHERS = 2.0, 1.0
"""What a word counts that stands in the name of a thing; in the name of its kind of help, or among its other words."""
_WHOLE, _BEGUN, _MISTYPED = 1.0, 0.6, 0.4


@dataclass(frozen=True)
class Meant:
    """What was found, best first, and how many of it: None where nobody said."""

    kinds: tuple[ItemKind, ...]
    quantity: int | None


def find_things(text: str) -> Meant:
    """The things that are meant. Each word has to be known of a thing; where none knows all, each that knows one."""
    number = _NUMBER.search(text)
    wanted = _telling(text)
    scores = {code: [_score(word, known) for word in wanted] for code, known in _words_by_code().items()}
    found = [code for code, each in scores.items() if each and all(each)] or [
        code for code, each in scores.items() if any(each)
    ]
    # Where the scores are even, the order of the taxonomy stands.
    found.sort(key=lambda code: -sum(scores[code]))
    return Meant(tuple(ITEM_KINDS[code] for code in found[:MOST_FOUND]), int(number[0]) if number else None)


def find_categories(text: str) -> frozenset[Category]:
    """The kinds of help whose things know every word."""
    wanted = _telling(text)
    if any(len(word) < _SHORTEST_BEGUN for word in wanted):
        return frozenset()
    return frozenset(
        ITEM_KINDS[code].category
        for code, known in _words_by_code().items()
        if wanted and all(_score(word, known) >= _AMONG_OTHERS * _BEGUN for word in wanted)
    )


def _words_in(text: str) -> list[str]:
    return [word for word in fold_words(text) if not any(letter.isdigit() for letter in word)]


def _telling(text: str) -> list[str]:
    return [word for word in _words_in(text) if word not in _SAYS_NOTHING][:_MOST_WORDS]


def _score(word: str, known: Mapping[str, float]) -> float:
    return max((weight * _closeness(word, other) for other, weight in known.items()), default=0)


def _closeness(word: str, other: str) -> float:
    if word == other:
        return _WHOLE
    if other.startswith(word):
        return _BEGUN
    long_enough = min(len(word), len(other)) >= _SHORTEST_MISTYPED and word[0] == other[0]
    return _MISTYPED if long_enough and SequenceMatcher(None, word, other).ratio() >= _ALIKE else 0


@cache
def _words_by_code() -> Mapping[str, Mapping[str, float]]:
    return {code: _words_of(kind) for code, kind in ITEM_KINDS.items()}


def _words_of(kind: ItemKind) -> Mapping[str, float]:
    names = [text for labels in kind.labels.values() for text in labels]
    others = [THING_WORDS[kind.code], *CATEGORY_LABELS[kind.category].values()]
    return _weigh(others, _AMONG_OTHERS) | _weigh(names, _IN_NAME)


def _weigh(texts: Sequence[str], weight: float) -> dict[str, float]:
    return {word: weight for text in texts for word in _words_in(text) if word not in _SAYS_NOTHING}
