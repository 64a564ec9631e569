"""What a text that comes in means."""

import re
from dataclasses import dataclass
from enum import StrEnum, auto


class Word(StrEnum):
    """What the sender wants."""

    YES = auto()
    NO = auto()
    HELP = auto()
    STOP = auto()
    START = auto()


_WORDS = {
    "yes": Word.YES,
    "y": Word.YES,
    "si": Word.YES,
    "sí": Word.YES,
    "no": Word.NO,
    "n": Word.NO,
    "help": Word.HELP,
    "info": Word.HELP,
    "ayuda": Word.HELP,
    "stop": Word.STOP,
    "stopall": Word.STOP,
    "unsubscribe": Word.STOP,
    "cancel": Word.STOP,
    "end": Word.STOP,
    "quit": Word.STOP,
    "alto": Word.STOP,
    "parar": Word.STOP,
    "start": Word.START,
    "unstop": Word.START,
    "empezar": Word.START,
}
_SAID = re.compile(r"^\W*([^\W\d]+)\W*(\d{2,6})?\W*$")


@dataclass(frozen=True)
class Said:
    """A word, and the number that goes with it: two to four digits for an offer, six for a family's need."""

    word: Word
    number: int | None


def understand(body: str) -> Said | None:
    """Reads a text; None when it is not one of our words."""
    found = _SAID.match(body.strip().casefold())
    word = _WORDS.get(found[1]) if found else None
    if found is None or word is None:
        return None
    return Said(word, int(found[2]) if found[2] else None)
