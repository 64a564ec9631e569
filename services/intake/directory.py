"""The directory of partners, as coordinators and partners look through it."""

from dataclasses import dataclass, field
from enum import StrEnum, auto
from uuid import UUID

from schemas.taxonomy import Category
from schemas.vocabulary import LanguageCode, PartnerKind
from services.intake.domain.finding import find_categories
from services.intake.domain.places import zip_codes_named
from services.intake.domain.spelling import fold_words
from services.intake.store import directory
from services.intake.store.directory import Found, Meant, Wanted
from services.runtime.database import Pool

PER_PAGE, MOST_PRINTED = 25, 500


class Sort(StrEnum):
    """What somebody looks for: programmes with seats and a term, or help that is given once."""

    ACTIVITY = auto()
    SUPPORT = auto()


@dataclass(frozen=True)
class Question:
    """What somebody looks for. All that is given has to hold, for one and the same service."""

    text: str = ""
    category: Category | None = None
    sort: Sort | None = None
    kind: PartnerKind | None = None
    language: LanguageCode | None = None
    zip_code: str | None = None
    """Serves this ZIP code."""
    asked_by: UUID | None = None
    """The partner that looks, if one does: it finds the others that take requests now."""
    page: int = field(default=1)
    per_page: int = field(default=PER_PAGE)


async def search(pool: Pool, question: Question) -> Found:
    """A page of the partners that fit; by distance where a ZIP code is given, else by name. None that is suspended."""
    wanted = Wanted(
        meant=understand(question.text) if question.text else None,
        category=question.category,
        programme=None if question.sort is None else question.sort is Sort.ACTIVITY,
        kind=question.kind,
        language=question.language,
        zip_code=question.zip_code,
        asked_by=question.asked_by,
    )
    async with pool.acquire() as connection:
        return await directory.search(connection, wanted, question.per_page, (question.page - 1) * question.per_page)


def understand(text: str) -> Meant:
    """A text as it may be meant: a part of a name; or words for a kind of help, a place, or one after the other."""
    words = fold_words(text)
    best = (frozenset[Category](), frozenset[str]())
    for cut in range(len(words) + 1):
        for help_words, place_words in ((words[:cut], words[cut:]), (words[cut:], words[:cut])):
            categories, places = find_categories(" ".join(help_words)), zip_codes_named(" ".join(place_words))
            fits = (categories or not help_words) and (places or not place_words)
            if fits and bool(categories) + bool(places) > bool(best[0]) + bool(best[1]):
                best = categories, places
    return Meant(text, *best)
