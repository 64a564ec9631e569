"""A need as somebody enters it."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationInfo

from schemas.event import Item
from schemas.needs import Consent, FirstAsk, NeedTerms
from schemas.taxonomy import ITEM_KINDS, ItemCode
from schemas.vocabulary import (
    AgeBand,
    Circumstance,
    Condition,
    ConsentKind,
    Fit,
    HandoverWay,
    IncomeBand,
    LanguageCode,
    PartnerKind,
    Urgency,
)
from services.intake.domain.asked import SeenBy
from services.intake.domain.family import Family
from services.intake.domain.reaching import Zip

NEEDED_WITHIN = {
    Urgency.TONIGHT: timedelta(hours=8),
    Urgency.TODAY: timedelta(hours=12),
    Urgency.THIS_WEEK: timedelta(days=5),
    Urgency.ROUTINE: timedelta(days=21),
}
"""When nobody says by when."""
_CONSENT_LASTS = timedelta(days=90)


class NotPossible(ValueError):
    """What was entered cannot be. `field` is where, the text is the way out."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class NeedNotFound(LookupError):
    """There is no such need, or it is none of the caller's."""


class NeedEnded(ValueError):
    """The need has ended: nothing can be changed any more."""


class _Entered(BaseModel):
    # A field's docstring says why it is asked: docs/what-we-ask.md is made of them.
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True)


class EnteredItem(_Entered):
    """How many of what."""

    code: Annotated[ItemCode, SeenBy.ASKED]
    """Which thing, from a closed list, so that nothing about the family can be written into it."""
    quantity: Annotated[int, SeenBy.ASKED] = Field(ge=1)
    """How many, so that several partners can each take a part. Of money: how many US dollars."""
    whole: Annotated[bool, SeenBy.ASKED] = False
    """That an amount of money helps only as a whole: who would give a part of it is thanked, and not taken up on it."""


def _spoken(kind: ConsentKind) -> ConsentKind:
    if kind is not ConsentKind.SPOKEN:
        raise ValueError(
            "enter the need with a spoken consent, then what was signed: POST /v1/needs/{need_id}/consents"
        )
    return kind


class EnteredConsent(_Entered):
    """What the family agreed to: that help is asked for, without its name."""

    kind: Annotated[ConsentKind, AfterValidator(_spoken), SeenBy.RULES]
    """How the family agreed. Nobody is asked for a family that has not."""
    until: Annotated[AwareDatetime | None, SeenBy.RULES] = None
    """When that ends: nobody is asked later than that."""
    partner_ids: Annotated[tuple[UUID, ...], SeenBy.RULES] = Field(default=(), max_length=50)
    """Which partners may be asked, where the family wants only these."""
    excluded_kinds: Annotated[tuple[PartnerKind, ...], SeenBy.RULES] = Field(default=(), max_length=5)
    """Which kinds of partner may not be asked, such as churches."""


def _not_too_many(items: tuple[EnteredItem, ...]) -> tuple[EnteredItem, ...]:
    for item in items:
        most = ITEM_KINDS[item.code].most
        if item.quantity > most:
            raise ValueError(f"{item.code}: at most {most} can be asked for at once")
        if item.whole and not ITEM_KINDS[item.code].is_money:
            raise ValueError(f"{item.code}: only an amount of money can be needed as a whole; leave `whole` out")
    if len({item.code for item in items}) != len(items):
        raise ValueError("each item may be named once; add the quantities up")
    return items


def _not_both(denied: tuple[Circumstance, ...], info: ValidationInfo) -> tuple[Circumstance, ...]:
    both = [one for one in denied if one in info.data.get("circumstances", ())]
    if both:
        raise ValueError(f"{', '.join(both)}: this stands in circumstances too; leave it in one of the two, or in none")
    return denied


class NeedFacts(_Entered):
    """All that decides who can help, and nothing of who the family is."""

    site_id: Annotated[UUID | None, SeenBy.RULES] = None
    """Which school the need belongs to: its coordinators alone see it."""
    items: Annotated[
        tuple[EnteredItem, ...], Field(min_length=1, max_length=50), AfterValidator(_not_too_many), SeenBy.ASKED
    ]
    """What is needed: it decides who can help, and partners are asked for it."""
    zip_code: Annotated[Zip, SeenBy.PLACE]
    """Where the family lives: partners help within an area of their own."""
    urgency: Annotated[Urgency, SeenBy.ASKED] = Urgency.THIS_WEEK
    """How soon it is needed: it decides how many are asked at once, and how long each has to answer."""
    needed_by: Annotated[AwareDatetime | None, SeenBy.ASKED] = None
    """After which day it is of no use."""
    languages: Annotated[tuple[LanguageCode, ...], SeenBy.RULES] = Field(default=("en",), min_length=1, max_length=5)
    """What the family speaks: partners who speak it are asked first."""
    must_speak: Annotated[bool, SeenBy.RULES] = True
    """Whether who speaks none of these languages is left out, or is only asked later."""
    household: Annotated[tuple[AgeBand, ...], SeenBy.RULES] = Field(default=(), max_length=20)
    """How many people of which age, in bands: some partners help certain ages or households only. May be left out."""
    income: Annotated[IncomeBand | None, SeenBy.RULES] = None
    """In percent of the federal poverty guideline, in bands: some help has a limit of income. May be left out."""
    circumstances: Annotated[tuple[Circumstance, ...], SeenBy.RULES] = Field(default=(), max_length=9)
    """What holds for somebody at home: some help is for veterans alone, say. Nobody has to tell."""
    not_circumstances: Annotated[
        tuple[Circumstance, ...], Field(max_length=9), AfterValidator(_not_both), SeenBy.RULES
    ] = ()
    """What does not, so that nobody is asked in vain. What stands in neither list is not known."""
    handover: Annotated[tuple[HandoverWay, ...], SeenBy.RULES] = Field(default=(), max_length=4)
    """Which ways of getting help work for the family: who cannot drive needs it brought. Empty means any."""
    excluded_conditions: Annotated[tuple[Condition, ...], SeenBy.RULES] = Field(default=(), max_length=4)
    """What the family does not want to be asked for, such as attending worship: who asks for it is left out."""
    preferences: Annotated[tuple[Fit, ...], SeenBy.RULES] = Field(default=(), max_length=10)
    """What would suit the family better, such as halal food: who has it is asked first, nobody is left out."""
    first_partner_ids: Annotated[tuple[UUID, ...], SeenBy.RULES] = Field(default=(), max_length=50)
    """Which partners you want to be asked first. Nobody else is, for as long, unless none of them is left to ask."""
    first_for_hours: Annotated[int, SeenBy.RULES] = Field(default=24, ge=1, le=168)
    """For how many hours these alone are asked."""
    consent: Annotated[EnteredConsent, SeenBy.RULES]
    """What the family agreed to: without a yes nobody is asked."""
    sensitive: Annotated[bool, SeenBy.RULES] = False
    """That this need is to be treated as sensitive though its items are not: fewer partners hear of it, and less."""


class EnteredNeed(NeedFacts):
    """The whole of it. Fields that are not here are never asked, and refused."""

    family: Annotated[Family, SeenBy.SITE]
    """Who the family is, sealed under a key of its own: deleting the key deletes the family."""
    partner_notes_checked: Annotated[bool, SeenBy.NOBODY] = False
    """That somebody has looked at notes which may say who the family is, and wants them so."""


def to_terms(entered: NeedFacts, site_id: UUID, now: datetime) -> NeedTerms:
    """What goes on the wire: everything but who they are. Raises NotPossible for a time that has passed."""
    needed_by = entered.needed_by or now + NEEDED_WITHIN[entered.urgency]
    if needed_by <= now:
        raise NotPossible("needed_by", "this time has passed; choose one that is still to come")
    return NeedTerms(
        site_id=site_id,
        items=tuple(
            Item(line=line, code=item.code, quantity=item.quantity, whole=item.whole)
            for line, item in enumerate(entered.items, start=1)
        ),
        zip_code=entered.zip_code,
        urgency=entered.urgency,
        needed_by=needed_by,
        languages=entered.languages,
        must_speak=entered.must_speak,
        household=entered.household,
        income=entered.income,
        circumstances=entered.circumstances,
        not_circumstances=entered.not_circumstances,
        handover=entered.handover,
        excluded_conditions=entered.excluded_conditions,
        preferences=entered.preferences,
        first_ask=_to_first_ask(entered, now),
        consent=_to_consent(entered.consent, now),
        sensitive=entered.sensitive,
    )


def _to_first_ask(entered: NeedFacts, now: datetime) -> FirstAsk | None:
    if not entered.first_partner_ids:
        return None
    return FirstAsk(partner_ids=entered.first_partner_ids, until=now + timedelta(hours=entered.first_for_hours))


def _to_consent(entered: EnteredConsent, now: datetime) -> Consent:
    until = entered.until or now + _CONSENT_LASTS
    if until <= now:
        raise NotPossible("consent.until", "this consent has ended; ask the family again")
    return Consent(
        kind=entered.kind, until=until, partner_ids=entered.partner_ids, excluded_kinds=entered.excluded_kinds
    )
