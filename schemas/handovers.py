"""Topic `handovers`: what partner and family arrange once help was awarded. In ids and times, never who they are."""

from typing import ClassVar, Self
from uuid import UUID

from pydantic import AwareDatetime, model_validator

from schemas.event import NeedEvent
from schemas.vocabulary import Answerer


class HandoverEvent(NeedEvent):
    """An event about the handover of one award. `contact_id` is the person of the partner whom it concerns."""

    offer_id: UUID
    partner_id: UUID
    contact_id: UUID


class CodeRequested(HandoverEvent):
    """The contact wants to see who the family is, and has to prove who they are: a code goes to their own address.

    The code itself is made when the notifier asks intake for it, and stands on no topic.
    """

    type: ClassVar[str] = "switchboard.handovers.code_requested.v1"
    expires: AwareDatetime


class VisitPlanned(HandoverEvent):
    """This person of the partner would like to come to the family between these times."""

    type: ClassVar[str] = "switchboard.handovers.visit_planned.v1"
    visit_id: UUID
    begins: AwareDatetime
    ends: AwareDatetime

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.ends <= self.begins:
            raise ValueError("a visit ends after it begins")
        return self


class VisitRefused(HandoverEvent):
    """The family, or its coordinator, does not want this visit."""

    type: ClassVar[str] = "switchboard.handovers.visit_refused.v1"
    visit_id: UUID
    begins: AwareDatetime
    by: Answerer


class ConsentEnded(HandoverEvent):
    """The contact was told who the family is, and the family no longer agrees: forget it, do not get in touch."""

    type: ClassVar[str] = "switchboard.handovers.consent_ended.v1"


class DisclosureEnded(NeedEvent):
    """The family takes back that anybody may learn who it is; the search for help goes on without a name."""

    type: ClassVar[str] = "switchboard.handovers.disclosure_ended.v1"


class FamilyErased(NeedEvent):
    """The key to this family is destroyed. Here so that a restored copy of the database destroys it again."""

    type: ClassVar[str] = "switchboard.handovers.family_erased.v1"
