"""Topic `needs`: what families need, as intake took it in. Never who they are."""

from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime, Field

from schemas.event import Items, NeedEvent, Part
from schemas.vocabulary import (
    AgeBand,
    CancelReason,
    Circumstance,
    Condition,
    ConsentKind,
    Fit,
    HandoverWay,
    IncomeBand,
    LanguageCode,
    PartnerKind,
    Urgency,
    ZipCode,
)


class Consent(Part):
    """To whom the need may be offered, and until when."""

    kind: ConsentKind
    until: AwareDatetime
    partner_ids: tuple[UUID, ...] = Field(default=(), max_length=50)
    """Only these partners; empty means any partner."""
    excluded_kinds: tuple[PartnerKind, ...] = Field(default=(), max_length=5)


class FirstAsk(Part):
    """Partners whom the coordinator picked: nobody else is asked before `until`, unless none of them is left to ask."""

    partner_ids: tuple[UUID, ...] = Field(min_length=1, max_length=50)
    until: AwareDatetime


class NeedTerms(Part):
    """What is asked, and what eligibility has to know."""

    site_id: UUID
    items: Items
    zip_code: ZipCode
    urgency: Urgency
    needed_by: AwareDatetime
    languages: tuple[LanguageCode, ...] = Field(default=("en",), min_length=1, max_length=5)
    household: tuple[AgeBand, ...] = Field(default=(), max_length=20)
    """One age band for each person; empty means unknown."""
    must_speak: bool = True
    """Whether who speaks none of the languages is left out, or only asked later."""
    income: IncomeBand | None = None
    """None means unknown."""
    circumstances: tuple[Circumstance, ...] = Field(default=(), max_length=9)
    """What holds for the family."""
    not_circumstances: tuple[Circumstance, ...] = Field(default=(), max_length=9)
    """What does not. What stands in neither is unknown."""
    handover: tuple[HandoverWay, ...] = Field(default=(), max_length=4)
    """What works for the family; empty means any way does."""
    excluded_conditions: tuple[Condition, ...] = Field(default=(), max_length=4)
    """Who asks for any of these is left out."""
    preferences: tuple[Fit, ...] = Field(default=(), max_length=10)
    """Who fits is asked first."""
    first_ask: FirstAsk | None = None
    referred_by: UUID | None = None
    """The partner that referred the family, hears what is answered, and is not asked itself."""
    consent: Consent
    sensitive: bool = False
    """Raised by hand, and never lowered. Whether a need is sensitive is said by `is_sensitive`."""

    @property
    def is_sensitive(self) -> bool:
        """Whether the need is sensitive, all of it: raised by hand, or by any of its items.

        Whoever hears of the bed must not learn where the family is that needs shelter as well.
        """
        return self.sensitive or any(item.category.sensitive for item in self.items)

    @property
    def tells_living_situation(self) -> bool:
        """Whether it tells how the family lives, which is no landlord's and no employer's business."""
        return self.is_sensitive or any(item.category.living_situation for item in self.items)


class NeedOpened(NeedEvent):
    """A need may be offered from now on."""

    type: ClassVar[str] = "switchboard.needs.opened.v1"
    terms: NeedTerms


class NeedChanged(NeedEvent):
    """The whole terms as they are now."""

    type: ClassVar[str] = "switchboard.needs.changed.v1"
    terms: NeedTerms


class NeedCancelled(NeedEvent):
    """The coordinator took the need back."""

    type: ClassVar[str] = "switchboard.needs.cancelled.v1"
    reason: CancelReason


class ConsentWithdrawn(NeedEvent):
    """The family no longer agrees: stop at once."""

    type: ClassVar[str] = "switchboard.needs.consent_withdrawn.v1"
