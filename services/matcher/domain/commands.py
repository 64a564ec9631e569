"""What can be asked of a need."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from schemas.needs import NeedTerms
from schemas.vocabulary import Answerer, DeclineReason, ReleaseReason


@dataclass(frozen=True)
class Change:
    """Its terms are different now."""

    terms: NeedTerms


@dataclass(frozen=True)
class Cancel:
    """The coordinator takes it back."""


@dataclass(frozen=True)
class WithdrawConsent:
    """The family no longer agrees."""


@dataclass(frozen=True)
class Accept:
    """A partner takes these quantities by line; empty means all that was offered."""

    offer_id: UUID
    contact_id: UUID | None
    quantities: Mapping[int, int]
    free_seats: int | None = None
    """Of the programme that was asked; None where it is none."""


@dataclass(frozen=True)
class Decline:
    """A partner says: not this time."""

    offer_id: UUID
    reason: DeclineReason


@dataclass(frozen=True)
class ReportContact:
    """A partner made contact."""

    offer_id: UUID


@dataclass(frozen=True)
class ReportNotReached:
    """A partner tried for the so-manieth time, and reached nobody."""

    offer_id: UUID
    attempt: int


@dataclass(frozen=True)
class ReportSchedule:
    """A partner hands over by then; for the so-manieth time that it says when."""

    offer_id: UUID
    until: datetime
    revision: int


@dataclass(frozen=True)
class ReportCompletion:
    """A partner handed over these quantities by line; empty means all that was awarded."""

    offer_id: UUID
    quantities: Mapping[int, int]
    not_needed: frozenset[int] = frozenset()
    """The lines of which the family does not need the rest any more."""


@dataclass(frozen=True)
class Release:
    """A partner hands its claim back."""

    offer_id: UUID
    reason: ReleaseReason


@dataclass(frozen=True)
class Undo:
    """A partner said yes by mistake."""

    offer_id: UUID


@dataclass(frozen=True)
class Confirm:
    """It arrived."""

    by: Answerer


@dataclass(frozen=True)
class Dispute:
    """It did not arrive."""

    by: Answerer


@dataclass(frozen=True)
class LosePartner:
    """A partner paused, was suspended, or is gone."""

    partner_id: UUID


@dataclass(frozen=True)
class Tick:
    """Do whatever is due by now."""


Command = (
    Change
    | Cancel
    | WithdrawConsent
    | Accept
    | Decline
    | ReportContact
    | ReportNotReached
    | ReportSchedule
    | ReportCompletion
    | Release
    | Undo
    | Confirm
    | Dispute
    | LosePartner
    | Tick
)
