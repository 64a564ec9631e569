"""`/partners`: who is there to help, to search, to print, and to refer to."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, time
from enum import StrEnum
from functools import lru_cache
from typing import TypeVar
from urllib.parse import urlencode
from uuid import UUID

from babel import Locale
from babel.lists import format_list
from fastapi import APIRouter, Request, Response

from schemas.partners import (
    CountyArea,
    NationArea,
    RadiusArea,
    Service,
    StateArea,
    ZipListArea,
)
from schemas.taxonomy import CATEGORY_LABELS, Category
from schemas.vocabulary import PartnerKind, PartnerStatus
from services.intake import partners
from services.intake.desk import Desk
from services.intake.directory import MOST_PRINTED, PER_PAGE, Question, Sort, search
from services.intake.domain.places import Place, place_of
from services.intake.domain.reaching import read_zip
from services.intake.pages.enterer import Enterer, at_site
from services.intake.pages.languages import LANGUAGES, Words
from services.intake.pages.need_form import SPOKEN
from services.intake.pages.page_route import PageRoute
from services.intake.pages.problems import NotHere
from services.intake.pages.rendering import show, words_for
from services.intake.pages.visitors import OnDesk, SignedIn

router = APIRouter(prefix="/partners", route_class=PageRoute)

_MOST_DIGITS = 5
_NAMED_AT_MOST = 2000
"""How many rows of languages are remembered: a page of the directory names some sixty."""
_MOST_LETTERS = 100
_MOST_ZIP_CODES_SHOWN = 8

_Choice = TypeVar("_Choice", bound=StrEnum)


@router.get("")
async def show_directory(request: Request, person: SignedIn, desk: OnDesk) -> Response:
    """The partners that fit what is asked for."""
    return await show_found(request, desk, at_site(person))


async def show_found(request: Request, desk: Desk, enterer: Enterer) -> Response:
    """The partners that fit what is asked for by the address, which is never anything about a family.

    A partner that looks finds those that take requests now, and sees what they do and where: whom to call, and
    who is away, is the coordinator's to know.
    """
    asked, words, problems = request.query_params, words_for(request, enterer.language), dict[str, str]()
    zip_code = _read_zip(asked.get("near", ""), words, problems)
    whole = asked.get("print") == "yes"
    question = Question(
        text="".join(filter(str.isprintable, asked.get("q", ""))).strip()[:_MOST_LETTERS],
        category=_choose(Category, asked.get("help")),
        sort=_choose(Sort, asked.get("sort")),
        kind=_choose(PartnerKind, asked.get("kind")),
        language=next((code for code in SPOKEN if code == asked.get("speaks")), None),
        zip_code=zip_code,
        asked_by=enterer.referred_by,
        page=1 if whole else _read_page(asked.get("page", "")),
        per_page=MOST_PRINTED if whole else PER_PAGE,
    )
    found = await search(desk.pool, question)
    kept = {name: value for name, value in asked.items() if value and name not in {"page", "print", "language"}}
    names = Locale(words.language).languages
    return show(
        request,
        "directory.html",
        own_language=enterer.language,
        person=enterer.person,
        reached=enterer.reached,
        enterer=enterer,
        question=question,
        typed_zip=asked.get("near", ""),
        problems=problems,
        found=found,
        first=(question.page - 1) * question.per_page + 1,
        is_filtered=bool(kept),
        address=lambda **changes: f"{enterer.directory}?" + urlencode(kept | changes),
        whole=whole,
        choices={
            "help": [(one, CATEGORY_LABELS[one][words.language]) for one in Category],
            "sort": [(one, words(f"sort.{one}")) for one in Sort],
            "kind": [(one, words(f"kind.{one}")) for one in PartnerKind],
            "speaks": sorted(((code, names[code]) for code in SPOKEN), key=lambda one: one[1]),
        },
        place_words=describe_place,
        languages_of=lambda service: name_languages(service.languages, words),
        is_away=_is_away,
    )


@router.get("/{partner_id}")
async def show_partner(request: Request, partner_id: UUID, person: SignedIn, desk: OnDesk) -> Response:
    """All that there is to know before somebody calls it, or sends a family there."""
    try:
        partner = await partners.read_partner(desk.pool, partner_id)
    except partners.PartnerNotFound as error:
        raise NotHere from error
    if partner.status is PartnerStatus.SUSPENDED:
        raise NotHere
    words = words_for(request, person.language)
    return show(
        request,
        "partner.html",
        own_language=person.language,
        person=person,
        partner=partner,
        texts=await partners.read_eligibility_texts(desk.pool, [partner_id]),
        place_words=describe_place,
        area_words=lambda service: describe_area(service, words),
        languages_of=lambda service: name_languages(service.languages, words),
        hours_of=lambda service: group_hours(service, words),
        language_name=lambda code: name_languages((code,), words),
        is_away=_is_away,
    )


def describe_place(service: Service) -> str | None:
    """Where it is given: the town, or the county where the town would give away a place that must not get around."""
    place = place_of(service.zip_code) if service.zip_code else None
    return None if place is None else _name_place(place, service)


def describe_area(service: Service, words: Words) -> str:
    """Whom it serves, by where they live."""
    match service.area:
        case RadiusArea(zip_code=zip_code, miles=miles):
            place = place_of(zip_code)
            name = _name_place(place, service) if place else zip_code
            return words("area.radius", miles=f"{miles:g}", place=name)
        case ZipListArea(zip_codes=zip_codes):
            more = len(zip_codes) - _MOST_ZIP_CODES_SHOWN
            shown = ", ".join(zip_codes[:_MOST_ZIP_CODES_SHOWN])
            return words("area.zip_codes_more", zip_codes=shown, count=more) if more > 0 else shown
        case CountyArea(county=county, state=state):
            return f"{county}, {state}"
        case StateArea(state=state):
            return words("area.state", state=state)
        case NationArea():
            return words("area.nation")


def group_hours(service: Service, words: Words) -> list[tuple[str, time, time]]:
    """The days that have the same hours, in a row, and these hours."""
    days: dict[tuple[time, time], list[int]] = {}
    for opening in sorted(service.hours, key=lambda one: (one.weekday, one.opens)):
        days.setdefault((opening.opens, opening.closes), []).append(opening.weekday)
    return [(", ".join(map(words.weekday, same)), *hours) for hours, same in days.items()]


def name_languages(codes: tuple[str, ...], words: Words) -> str:
    """Their names in a row. Empty where none is known."""
    return _name_languages(codes, words.language) if codes else ""


@lru_cache(_NAMED_AT_MOST)
def _name_languages(codes: tuple[str, ...], language: str) -> str:
    names: Mapping[str, str] = Locale(language).languages
    return format_list([names.get(code, code) for code in codes], locale=language)


def languages_to_choose(words: Words, also: Iterable[str] = ()) -> list[tuple[str, str]]:
    """Code and name: those that pages speak first, then the usual ones and these, by their names."""
    names = Locale(words.language).languages
    codes = dict.fromkeys([*SPOKEN, *also])
    return sorted(((code, names.get(code, code)) for code in codes), key=lambda one: (one[0] not in LANGUAGES, one[1]))


def _name_place(place: Place, service: Service) -> str:
    return place.county_label if any(category.sensitive for category in service.categories) else place.label


def _is_away(status: PartnerStatus, snoozed_until: datetime | None) -> bool:
    return status is not PartnerStatus.ACTIVE or (snoozed_until is not None and snoozed_until > datetime.now(UTC))


def _choose(choices: type[_Choice], value: str | None) -> _Choice | None:
    return next((one for one in choices if one == value), None)


def _read_page(text: str) -> int:
    return max(int(text), 1) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else 1


def _read_zip(text: str, words: Words, problems: dict[str, str]) -> str | None:
    if not text.strip():
        return None
    try:
        return read_zip(text)
    except ValueError:
        problems["near"] = words("problem.zip_code")
        return None
