"""A need as somebody enters it."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from schemas.event import Item
from schemas.needs import Consent, NeedTerms
from schemas.taxonomy import ITEM_KINDS, ItemCode
from schemas.vocabulary import AgeBand, ConsentKind, LanguageCode, PartnerKind, Urgency
from services.intake.domain.family import Family
from services.intake.domain.reaching import Zip

NEEDED_WITHIN = {
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
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class EnteredItem(_Entered):
    """How many of what."""

    code: ItemCode
    quantity: int = Field(ge=1)


def _spoken(kind: ConsentKind) -> ConsentKind:
    if kind is not ConsentKind.SPOKEN:
        raise ValueError(
            "enter the need with a spoken consent, then what was signed: POST /v1/needs/{need_id}/consents"
        )
    return kind


class EnteredConsent(_Entered):
    """What the family agreed to: that help is asked for, without its name."""

    kind: Annotated[ConsentKind, AfterValidator(_spoken)]
    until: AwareDatetime | None = None
    partner_ids: tuple[UUID, ...] = Field(default=(), max_length=50)
    excluded_kinds: tuple[PartnerKind, ...] = Field(default=(), max_length=5)


def _not_too_many(items: tuple[EnteredItem, ...]) -> tuple[EnteredItem, ...]:
    for item in items:
        most = ITEM_KINDS[item.code].most
        if item.quantity > most:
            raise ValueError(f"{item.code}: at most {most} can be asked for at once")
    if len({item.code for item in items}) != len(items):
        raise ValueError("each item may be named once; add the quantities up")
    return items


class EnteredNeed(_Entered):
    """The whole of it. Fields that are not here are never asked, and refused."""

    site_id: UUID | None = None
    items: Annotated[tuple[EnteredItem, ...], Field(min_length=1, max_length=50), AfterValidator(_not_too_many)]
    zip_code: Zip
    urgency: Urgency = Urgency.THIS_WEEK
    needed_by: AwareDatetime | None = None
    languages: tuple[LanguageCode, ...] = Field(default=("en",), min_length=1, max_length=5)
    household: tuple[AgeBand, ...] = Field(default=(), max_length=20)
    consent: EnteredConsent
    sensitive: bool = False
    family: Family


def to_terms(entered: EnteredNeed, site_id: UUID, now: datetime) -> NeedTerms:
    """What goes on the wire: everything but who they are. Raises NotPossible for a time that has passed."""
    needed_by = entered.needed_by or now + NEEDED_WITHIN[entered.urgency]
    if needed_by <= now:
        raise NotPossible("needed_by", "this time has passed; choose one that is still to come")
    until = entered.consent.until or now + _CONSENT_LASTS
    if until <= now:
        raise NotPossible("consent.until", "this consent has ended; ask the family again")
    return NeedTerms(
        site_id=site_id,
        items=tuple(
            Item(line=line, code=item.code, quantity=item.quantity) for line, item in enumerate(entered.items, start=1)
        ),
        zip_code=entered.zip_code,
        urgency=entered.urgency,
        needed_by=needed_by,
        languages=entered.languages,
        household=entered.household,
        consent=Consent(
            kind=entered.consent.kind,
            until=until,
            partner_ids=entered.consent.partner_ids,
            excluded_kinds=entered.consent.excluded_kinds,
        ),
        sensitive=entered.sensitive,
    )
