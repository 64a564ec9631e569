"""What a typed form for a need means, or what is wrong with it."""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import TypeVar
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from schemas.taxonomy import ITEM_KINDS
from schemas.vocabulary import Channel, ConsentKind
from services.intake.domain.need import EnteredNeed, NeedFacts
from services.intake.pages.languages import Words
from services.intake.pages.typed_need import Typed, read_ids

SPOKEN = ("en", "es", "ar", "bn", "fr", "hi", "ht", "ko", "pt", "ru", "so", "tl", "ur", "vi", "yi", "zh")
"""Languages to choose from: the most frequent ones in American schools, in the order of their codes."""

_Read = TypeVar("_Read", bound=NeedFacts)


class BadForm(ValueError):
    """`problems` says by field what is wrong and the way out, in the reader's words."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__(", ".join(problems))
        self.problems = problems


def understand(typed: Typed, zone: str, words: Words) -> EnteredNeed:
    """The need that was meant. Raises BadForm."""
    problems: dict[str, str] = {}
    reachable = {Channel.TEXT: typed.phone, Channel.EMAIL: typed.email}
    if not all(reachable.get(Channel(channel)) for channel in typed.channels if channel in reachable):
        problems["channels"] = words("problem.channels")
    meant = {
        **_facts(typed, zone, words, problems),
        # What they sign is taken down on a page of its own, once the need is there.
        "consent": {
            "kind": ConsentKind.SPOKEN if typed.consent == ConsentKind.WRITTEN else typed.consent,
            "excluded_kinds": typed.excluded_kinds,
        },
        "family": {
            "name": typed.name,
            "birth_year": typed.birth_year or None,
            "phone": typed.phone or None,
            "email": typed.email or None,
            "language": typed.family_language,
            "channels": typed.channels,
            "notes": typed.notes or None,
            "partner_notes": typed.partner_notes or None,
            "phone_of": typed.phone_of,
            "voicemail": bool(typed.voicemail),
            "contact_hours": _understand_hours(typed),
        },
        "partner_notes_checked": typed.partner_notes_checked,
    }
    return _read(EnteredNeed, meant, words, problems)


def understand_facts(typed: Typed, zone: str, words: Words) -> NeedFacts:
    """What decides who could help, before anything of the family is typed. Raises BadForm."""
    problems: dict[str, str] = {}
    # Nobody is asked yet: the family need not have agreed.
    consent = {"kind": ConsentKind.SPOKEN, "excluded_kinds": typed.excluded_kinds}
    meant = {**_facts(typed, zone, words, problems), "consent": consent}
    if not typed.languages:
        # Nobody has said what they speak: it leaves nobody out.
        meant |= {"languages": ("en",), "must_speak": False}
    return _read(NeedFacts, meant, words, problems)


def _facts(typed: Typed, zone: str, words: Words, problems: dict[str, str]) -> dict[str, object]:
    return {
        "site_id": typed.site_id or None,
        "items": _understand_lines(typed, words, problems),
        "zip_code": typed.zip_code,
        "urgency": typed.urgency,
        "needed_by": _understand_day(typed.needed_by, zone, words, problems),
        "languages": typed.languages,
        "household": _understand_household(typed.household, words, problems),
        "must_speak": typed.must_speak,
        "income": typed.income or None,
        "circumstances": [one for one, answer in typed.circumstances.items() if answer == "yes"],
        "not_circumstances": [one for one, answer in typed.circumstances.items() if answer == "no"],
        "handover": typed.handover,
        "excluded_conditions": typed.excluded_conditions,
        "preferences": typed.preferences,
        "first_partner_ids": read_ids(typed.first),
        "sensitive": typed.sensitive,
    }


def _read(model: type[_Read], meant: Mapping[str, object], words: Words, problems: dict[str, str]) -> _Read:
    try:
        need = model.model_validate(meant)
    except ValidationError as error:
        found = {_field_of(problem["loc"]) for problem in error.errors()}
        raise BadForm({name: words(f"problem.{name}") for name in found} | problems) from error
    if problems:
        raise BadForm(problems)
    return need


def _field_of(place: tuple[int | str, ...]) -> str:
    name = str(place[1] if place[0] == "family" and len(place) > 1 else place[0])
    return "family_language" if place[:2] == ("family", "language") else name


def _understand_lines(typed: Typed, words: Words, problems: dict[str, str]) -> list[dict[str, object]]:
    """Lines without a thing are left out; the same thing twice is added up."""
    wanted: dict[str, int] = {}
    for number, (code, quantity) in enumerate(typed.lines):
        if not code:
            continue
        most = ITEM_KINDS[code].most if code in ITEM_KINDS else 1
        count = int(quantity) if quantity.isascii() and quantity.isdigit() and len(quantity) <= len(str(most)) else 0
        if not 1 <= wanted.get(code, 0) + count <= most or not count:
            problems[f"line-{number}"] = words("problem.line", most=most)
        wanted[code] = wanted.get(code, 0) + count
    return [
        {"code": code, "quantity": quantity, "whole": typed.whole and code in ITEM_KINDS and ITEM_KINDS[code].is_money}
        for code, quantity in wanted.items()
        if quantity
    ]


def _understand_day(day: str, zone: str, words: Words, problems: dict[str, str]) -> datetime | None:
    if not day:
        return None
    try:
        # The whole of the last day, where the school is.
        return datetime.combine(date.fromisoformat(day), time(23, 59), ZoneInfo(zone))
    except ValueError:
        problems["needed_by"] = words("problem.needed_by")
        return None


def _understand_hours(typed: Typed) -> dict[str, str] | None:
    hours = {"start": typed.hours_from, "end": typed.hours_until}
    return hours if any(hours.values()) else None


def _understand_household(counts: Mapping[str, str], words: Words, problems: dict[str, str]) -> list[str]:
    people: list[str] = []
    for band, count in counts.items():
        if count and not (count.isascii() and count.isdigit() and len(count) <= 2):  # noqa: PLR2004 - two digits
            problems["household"] = words("problem.household")
        else:
            people += [band] * int(count or 0)
    return people
