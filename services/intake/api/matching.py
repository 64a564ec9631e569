"""`/v1/matching` and a need's: who could help, why these, and why not the others. Nothing is stored."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel

from schemas.event import Item
from schemas.offers import OfferReasons
from schemas.partners import PartnerRecorded
from schemas.vocabulary import Condition, EligibilityRule
from services.intake import needs, partners
from services.intake.api.callers import Caller, Calling, Scope
from services.intake.api.examples import NEED_MATCHED
from services.intake.domain.asked import SeenBy
from services.intake.domain.family import Family
from services.intake.domain.need import NeedFacts
from services.intake.explaining import Explanation, explain_asked, explain_not_asked
from services.intake.matching import About, Matching, match_facts, match_need
from services.intake.pages.languages import Words, choose_language
from services.intake.store.needs import HistoryEntry

router = APIRouter(prefix="/v1", tags=["matching"])

_BEST = 10

Reader = Annotated[Caller, Depends(Calling(Scope.NEEDS_READ, Scope.PARTNERS_READ))]
"""It names partners, and says what there is to say of them."""


class PlannedNeed(NeedFacts):
    """A need as it would be entered. Who the family is may be left out, and is not looked at."""

    family: Annotated[Family | None, SeenBy.NOBODY] = None
    """So that the same JSON can be sent here first."""
    partner_notes_checked: Annotated[bool, SeenBy.NOBODY] = False
    """The same."""


class CauseShown(BaseModel):
    """How many partners a rule leaves out."""

    rule: EligibilityRule
    count: int
    words: str


class TallyShown(BaseModel):
    """Of the partners near or serving the place: how many can help; the others by the first rule they fail.

    Of a sensitive need, a rule that leaves out fewer than five is not named, and neither number is given: who asks
    again with one fact changed could tell which partner hears of such needs.
    """

    near: int | None
    eligible: int | None
    left_out: list[CauseShown]


class MatchShown(BaseModel):
    """A partner that may be asked. Each part of `reasons` goes from 0 to 1.

    `score` is their sum, weighted by the matcher's policy, a tenth less for each rule to be confirmed.
    """

    partner_id: UUID
    name: str
    service_id: UUID
    items: tuple[Item, ...]
    distance_miles: int | None
    reasons: OfferReasons
    score: float
    conditions: tuple[Condition, ...]
    because: str


class PartnerShown(BaseModel):
    """Why one partner was asked, or was not: by service, the rules that leave it out; none where it fits."""

    partner_id: UUID
    name: str
    asked_at: datetime | None
    because: str
    left_out_by: dict[UUID, tuple[EligibilityRule, ...]]


class MatchingShown(BaseModel):
    """Who could help, the best first. Sentences are in English or, by Accept-Language, in Spanish.

    `partner` is the one that was asked about. Of a sensitive need no partner is named: its coordinators see them in the
    portal.
    """

    summary: str
    tally: TallyShown
    best: list[MatchShown]
    partner: PartnerShown | None
    directory_position: int


@router.post("/matching", openapi_extra=NEED_MATCHED)
async def match(
    planned: PlannedNeed, caller: Reader, request: Request, partner_id: UUID | None = None
) -> MatchingShown:
    """Who could help with a need as it would be entered; and, given a partner, why that one would be asked, or not."""
    partner = await _read_partner(caller, partner_id)
    question = About(most=_BEST, partner_id=partner_id)
    found = await match_facts(caller.desk.pool, caller.desk.matcher, planned, caller.site_id, question)
    return _show(found, partner, [], _words_for(request))


@router.get("/needs/{need_id}/matching")
async def match_entered(
    need_id: UUID, caller: Reader, request: Request, partner_id: UUID | None = None
) -> MatchingShown:
    """Who else could help with what is still open of a need; and, given a partner, why it was asked, or was not."""
    need, history = await needs.read_need(caller.desk.pool, need_id, caller.site_id)
    partner = await _read_partner(caller, partner_id)
    found = await match_need(caller.desk.pool, caller.desk.matcher, need, About(most=_BEST, partner_id=partner_id))
    return _show(found, partner, history, _words_for(request))


async def _read_partner(caller: Caller, partner_id: UUID | None) -> PartnerRecorded | None:
    return await partners.read_partner(caller.desk.pool, partner_id) if partner_id else None


def _show(
    found: Matching, partner: PartnerRecorded | None, history: Sequence[HistoryEntry], words: Words
) -> MatchingShown:
    told = Explanation(found, words)
    tally = found.answer.tally
    causes = [CauseShown(rule=cause.rule, count=cause.count, words=cause.words) for cause in told.causes]
    best = [
        MatchShown(
            **one.match.model_dump(exclude={"items", "reasons"}),
            items=one.match.items,
            reasons=one.match.reasons,
            name=one.partner.name,
            conditions=one.conditions,
            because=one.because,
        )
        for one in told.best
    ]
    unnamed = found.terms.is_sensitive
    numbers = TallyShown(
        near=None if unnamed else tally.near, eligible=None if unnamed else tally.eligible, left_out=causes
    )
    return MatchingShown(
        summary=words("matching.sensitive") if unnamed else told.summary,
        tally=numbers,
        best=[] if unnamed else best,
        partner=None if unnamed or partner is None else _show_partner(partner, found, history, words),
        directory_position=found.answer.directory_position,
    )


def _show_partner(
    partner: PartnerRecorded, found: Matching, history: Sequence[HistoryEntry], words: Words
) -> PartnerShown:
    why_not = found.answer.why_not
    asked = next((one for one in reversed(history) if _is_offer_to(partner.partner_id, one)), None)
    return PartnerShown(
        partner_id=partner.partner_id,
        name=partner.name,
        asked_at=asked.at if asked else None,
        because=explain_asked(asked.facts, words) if asked else explain_not_asked(why_not, words),
        left_out_by=why_not,
    )


def _is_offer_to(partner_id: UUID, entry: HistoryEntry) -> bool:
    return entry.what == "offers.made" and entry.facts["partner_id"] == str(partner_id)


def _words_for(request: Request) -> Words:
    return Words(choose_language(None, None, None, request.headers.get("accept-language", "")))
