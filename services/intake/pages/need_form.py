"""The form for a need: what was typed, and what it means. Whatever is wrong, nothing that was typed is lost."""

import secrets
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import ValidationError
from starlette.datastructures import FormData

from schemas.taxonomy import ITEM_KINDS, ItemKind
from schemas.vocabulary import AgeBand, Channel, Circumstance, ConsentKind, Urgency
from services.intake.domain.family import PhoneOwner
from services.intake.domain.need import EnteredNeed, NeedFacts
from services.intake.pages.languages import Words

SPOKEN = ("en", "es", "ar", "bn", "fr", "hi", "ht", "ko", "pt", "ru", "so", "tl", "ur", "vi", "yi", "zh")
"""Languages to choose from: the most frequent ones in American schools, in the order of their codes."""

_Read = TypeVar("_Read", bound=NeedFacts)

_FIT = {"household", "income", "circumstances", "handover", "excluded_conditions", "preferences"}
"""What the section "What would fit the family" asks, and can be wrong."""
_MORE_OF_FAMILY = {"birth_year", "phone_of", "contact_hours", "family_language", "notes"}


class BadForm(ValueError):
    """`problems` says by field what is wrong and the way out, in the reader's words."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__(", ".join(problems))
        self.problems = problems


@dataclass
class Typed:
    """A form as it was typed, and the key that makes sending it twice harmless."""

    key: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    lines: list[tuple[str, str]] = field(default_factory=lambda: [("", "1")])
    find: str = ""
    """A thing that is still to be found, in somebody's own words."""
    whole: bool = False
    """That an amount of money helps only as a whole."""
    zip_code: str = ""
    urgency: str = Urgency.THIS_WEEK
    needed_by: str = ""
    languages: tuple[str, ...] = ()
    first: tuple[str, ...] = ()
    """Ids of the partners that are to be asked first."""
    household: Mapping[str, str] = field(default_factory=dict)
    must_speak: bool = True
    income: str = ""
    circumstances: Mapping[str, str] = field(default_factory=dict)
    """By circumstance: "yes", "no", or empty where nobody asked."""
    handover: tuple[str, ...] = ()
    excluded_conditions: tuple[str, ...] = ()
    preferences: tuple[str, ...] = ()
    consent: str = ""
    excluded_kinds: tuple[str, ...] = ()
    """Kinds of partner that the family does not want to be asked."""
    sensitive: bool = False
    name: str = ""
    birth_year: str = ""
    phone: str = ""
    email: str = ""
    family_language: str = "en"
    channels: tuple[str, ...] = ()
    notes: str = ""
    partner_notes: str = ""
    partner_notes_checked: bool = False
    phone_of: str = PhoneOwner.OWN
    voicemail: str = ""
    hours_from: str = ""
    hours_until: str = ""

    def add_thing(self, kind: ItemKind, quantity: int | None) -> None:
        """One more line, in place of the first empty one; where the thing stands already, nothing."""
        if any(code == kind.code for code, _ in self.lines):
            return
        place = next((number for number, (code, _) in enumerate(self.lines) if not code), len(self.lines))
        self.lines[place : place + 1] = [(kind.code, str(quantity or 1))]

    def says_more_of_family(self, problems: Mapping[str, str]) -> bool:
        """Whether something in the folded part about the family is filled in, or wrong: then it is shown open."""
        filled = self.birth_year, self.notes, self.voicemail, self.hours_from, self.hours_until
        return any(filled) or self.phone_of != PhoneOwner.OWN or not _MORE_OF_FAMILY.isdisjoint(problems)

    def says_what_fits(self, problems: Mapping[str, str]) -> bool:
        """Whether something in that section is filled in, or wrong: then it is shown open."""
        people = self.household.values()
        filled = (
            *(self.income, *self.circumstances.values(), *people),
            *(self.handover, self.excluded_conditions, self.preferences),
        )
        return any(filled) or not self.must_speak or not _FIT.isdisjoint(problems)


def read_typed(form: FormData) -> Typed:
    """What was sent."""

    def one(name: str) -> str:
        return str(form.get(name, "")).strip()

    def many(name: str) -> tuple[str, ...]:
        return tuple(str(value).strip() for value in form.getlist(name))

    return Typed(
        key=one("key") or secrets.token_urlsafe(16),
        lines=list(zip(many("item"), many("quantity"), strict=False)),
        find=one("find"),
        whole=one("whole") == "yes",
        zip_code=one("zip_code"),
        urgency=one("urgency"),
        needed_by=one("needed_by"),
        languages=many("languages"),
        first=many("first"),
        household={band: one(f"household-{band}") for band in AgeBand},
        must_speak=one("must_speak") == "yes",
        income=one("income"),
        circumstances={circumstance: one(f"circumstance-{circumstance}") for circumstance in Circumstance},
        handover=many("handover"),
        excluded_conditions=many("excluded_conditions"),
        preferences=many("preferences"),
        consent=one("consent"),
        excluded_kinds=many("excluded_kinds"),
        sensitive=one("sensitive") == "yes",
        name=one("name"),
        birth_year=one("birth_year"),
        phone=one("phone"),
        email=one("email"),
        family_language=one("family_language"),
        channels=many("channels"),
        notes=one("notes"),
        partner_notes=one("partner_notes"),
        partner_notes_checked="partner_notes_checked" in form,
        phone_of=one("phone_of") or PhoneOwner.OWN,
        voicemail=one("voicemail"),
        hours_from=one("hours_from"),
        hours_until=one("hours_until"),
    )


def read_ids(typed: Iterable[str]) -> list[UUID]:
    """Those that are ids: a page of ours sends no others."""
    found = []
    for text in typed:
        with suppress(ValueError):
            found.append(UUID(text))
    return found


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
        # The whole of the last day, where the family lives.
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
