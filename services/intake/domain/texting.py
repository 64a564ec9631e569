"""What a text that comes in means."""

import re
from dataclasses import dataclass
from enum import StrEnum, auto
from unicodedata import normalize


class Word(StrEnum):
    """What the sender wants."""

    YES = auto()
    NO = auto()
    HELP = auto()
    STOP = auto()
    START = auto()


_ENGLISH = {
    Word.YES: ("yes", "y"),
    Word.NO: ("no", "n"),
    Word.HELP: ("help", "info"),
    # All that carriers and the FCC count as an opt-out, and what people write instead.
    Word.STOP: (
        *("stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "opt out"),
        *("remove", "no more"),
    ),
    Word.START: ("start", "unstop", "resume", "optin", "opt in"),
}
_SPANISH = {
    Word.YES: ("si", "sí"),
    Word.HELP: ("ayuda", "información", "informacion"),
    Word.STOP: (
        *("alto", "parar", "pare", "detener", "cancelar", "terminar", "fin", "salir", "baja", "no más", "no mas"),
        *("no quiero más mensajes", "no quiero mas mensajes"),
    ),
    Word.START: ("empezar", "comenzar", "iniciar", "reanudar", "seguir", "alta"),
}
_SAYS = {said: word for family in (_ENGLISH, _SPANISH) for word, all_said in family.items() for said in all_said}
_IN_SPANISH = {said for all_said in _SPANISH.values() for said in all_said}
_SAID = re.compile(r"^\W*([^\W\d]+(?:[\s-]+[^\W\d]+)*)\W*(\d{2,6})?\W*$")


@dataclass(frozen=True)
class Said:
    """A word, and the number that goes with it: two to four digits for an offer, six for a family's need."""

    word: Word
    number: int | None


def understand(body: str) -> Said | None:
    """Reads a text; None when it is not one of our words."""
    phrase, number = _read(body)
    word = _SAYS.get(phrase)
    return Said(word, number) if word else None


def is_spanish(body: str) -> bool:
    """Whether it is one of our words in Spanish, for whom nothing else says what they speak."""
    return _read(body)[0] in _IN_SPANISH


def _read(body: str) -> tuple[str, int | None]:
    # A phone may send an accent as a letter of its own.
    found = _SAID.match(normalize("NFKC", body).casefold())
    if found is None:
        return "", None
    return " ".join(re.split(r"[\s-]+", found[1])), int(found[2]) if found[2] else None
