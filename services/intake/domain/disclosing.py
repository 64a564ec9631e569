"""Who may be told who a family is: one rule, for every way in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, auto
from uuid import UUID

from schemas.vocabulary import IdentityRecord, PartnerKind
from services.intake.domain.consent import Consent


class Withheld(StrEnum):
    """Why nothing is told."""

    NOT_AWARDED = auto()
    NOT_THE_CLAIMANT = auto()
    BY_COORDINATOR = auto()
    CODE_NEEDED = auto()


@dataclass(frozen=True)
class Told:
    """What may be told, and the newest consent that permits it."""

    records: frozenset[IdentityRecord]
    consent: Consent


@dataclass(frozen=True)
class Asking:
    """Who asks, and where their claim stands."""

    contact_id: UUID
    partner_id: UUID
    partner_kind: PartnerKind
    claimant: UUID | None
    """The person who said yes; None when nobody did."""
    holds_award: bool
    """Whether the help is theirs to give right now: awarded, not handed back, not done, the need not ended."""
    sensitive: bool
    code_good_until: datetime | None
    """How long the code counts that they entered in this browser."""
    may_visit: bool
    """Whether they have a current clearance, and a visit of theirs that family and coordinator were told of."""


def decide(asking: Asking, consents: Sequence[Consent], now: datetime) -> Told | Withheld:
    """What this person may be told right now.

    Nothing without an award, a written consent that covers their organization, and a code sent to their own address.
    The address of the home besides takes a clearance and a visit that was told of; that of a family in a
    sensitive need is told to nobody.
    """
    if not asking.holds_award:
        return Withheld.NOT_AWARDED
    if asking.contact_id != asking.claimant:
        return Withheld.NOT_THE_CLAIMANT
    covering = [one for one in consents if one.lets_know(asking.partner_id, asking.partner_kind, now)]
    if not covering:
        return Withheld.BY_COORDINATOR
    if asking.code_good_until is None or asking.code_good_until <= now:
        return Withheld.CODE_NEEDED
    records = frozenset().union(*(one.records for one in covering))
    if asking.sensitive or not asking.may_visit:
        records -= {IdentityRecord.ADDRESS}
    return Told(records, max(covering, key=lambda one: one.since))
