"""What was typed into the form for a need, as it was typed."""

import secrets
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import UUID

from starlette.datastructures import FormData

from schemas.taxonomy import ItemKind
from schemas.vocabulary import AgeBand, Circumstance, Urgency
from services.intake.domain.family import PhoneOwner

_FIT = {"household", "income", "circumstances", "handover", "excluded_conditions", "preferences"}
"""What the section "What would fit the family" asks, and can be wrong."""
_MORE_OF_FAMILY = {"birth_year", "phone_of", "contact_hours", "family_language", "notes"}


@dataclass
class Typed:
    """A form as it was typed, and the key that makes sending it twice harmless."""

    key: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    raised: str = ""
    """What a colleague raised, where this completes it."""
    site_id: str = ""
    """The school, where the form asks for it."""
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
        raised=one("raised"),
        site_id=one("site_id"),
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
