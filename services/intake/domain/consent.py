"""What a family agreed to, in a record: what may be told, to whom, why, until when, and who took it down."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum, auto
from typing import Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from schemas.vocabulary import ConsentKind, IdentityRecord, PartnerKind


class SignedHow(StrEnum):
    """Where the signature stands."""

    ON_SCREEN = auto()
    ON_PAPER = auto()


class _Entered(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, str_strip_whitespace=True)


class Signature(_Entered):
    """Who signed, when, and where: what makes a written consent one (34 CFR 99.30 (a), (d))."""

    by: str = Field(min_length=2, max_length=120)
    on: date
    how: SignedHow


class EnteredWrittenConsent(_Entered):
    """Permits to tell who the family is, once help was awarded (34 CFR 99.30 (b): the records, to whom)."""

    records: tuple[IdentityRecord, ...] = Field(min_length=1, max_length=4)
    partner_ids: tuple[UUID, ...] = Field(default=(), max_length=50)
    partner_kinds: tuple[PartnerKind, ...] = Field(default=(), max_length=5)
    until: AwareDatetime | None = None
    signature: Signature

    @model_validator(mode="after")
    def _names_somebody(self) -> Self:
        if not self.partner_ids and not self.partner_kinds:
            raise ValueError("say to whom: name partners in partner_ids, or kinds of them in partner_kinds")
        return self


class Purpose(StrEnum):
    """What a consent is given for."""

    FIND_HELP = auto()
    ARRANGE_HELP = auto()


@dataclass(frozen=True)
class Consent:
    """One consent as it was taken down. Without `withdrawn_at` it counts until it ends."""

    consent_id: UUID
    kind: ConsentKind
    purpose: Purpose
    records: frozenset[IdentityRecord]
    partner_ids: frozenset[UUID]
    partner_kinds: frozenset[PartnerKind]
    excluded_kinds: frozenset[PartnerKind]
    taken_by: str
    since: datetime
    until: datetime
    signed_how: SignedHow | None = None
    signed_on: date | None = None
    withdrawn_at: datetime | None = None

    def is_live(self, now: datetime) -> bool:
        """Whether it counts at that moment."""
        return self.withdrawn_at is None and self.since <= now < self.until

    def lets_know(self, partner_id: UUID, kind: PartnerKind, now: datetime) -> frozenset[IdentityRecord]:
        """What this partner may be told under it at that moment; nothing under a spoken one."""
        covered = partner_id in self.partner_ids or kind in self.partner_kinds
        if self.kind is not ConsentKind.WRITTEN or not covered or kind in self.excluded_kinds:
            return frozenset()
        return self.records if self.is_live(now) else frozenset()
