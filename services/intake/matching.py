"""Who could help, asked of the matcher for people to read. Without its answer everything else goes on."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

import httpx
from pydantic import ValidationError

from schemas.matching import MOST_ASKED_BEFORE, MatchAnswer, MatchQuestion
from schemas.needs import NeedTerms
from schemas.partners import PartnerRecorded
from schemas.vocabulary import PartnerStatus
from services.intake.domain.need import NeedFacts, to_terms
from services.intake.needs import choose_site
from services.intake.store import offers, partners
from services.intake.store.needs import NeedRow
from services.intake.store.offers import OfferRow
from services.runtime.database import Pool
from services.runtime.logs import get_logger

_ANSWER_WITHIN_S = 2.0
_MOST_WAITING = 10

_log = get_logger(__name__)


class MatcherAway(Exception):
    """The matcher does not answer now."""


@dataclass(frozen=True)
class Matcher:
    """Asks the matcher."""

    client: httpx.AsyncClient
    matcher_url: str
    api_key: str
    waiting: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_MOST_WAITING))
    """A matcher that hangs must not fill the gate with those who wait for it."""

    async def ask(self, question: MatchQuestion) -> MatchAnswer:
        """Its answer, within two seconds. Raises MatcherAway, and at once where too many wait for it already."""
        if self.waiting.locked():
            raise MatcherAway
        try:
            async with self.waiting, asyncio.timeout(_ANSWER_WITHIN_S):
                answer = await self.client.post(
                    f"{self.matcher_url}/internal/v1/match",
                    content=question.model_dump_json(),
                    headers={"Authorization": f"Bearer {self.api_key}", "Content-Type": "application/json"},
                )
            answer.raise_for_status()
            return MatchAnswer.model_validate_json(answer.content)
        except httpx.HTTPStatusError as error:
            _log.warning("matcher away", status=error.response.status_code)
            raise MatcherAway from error
        except (TimeoutError, httpx.HTTPError, ValidationError) as error:
            _log.warning("matcher away", error=type(error).__name__)
            raise MatcherAway from error


@dataclass(frozen=True)
class Matching:
    """What the matcher answered about these terms, with intake's own records of the partners that it names."""

    terms: NeedTerms
    answer: MatchAnswer
    partners: Mapping[UUID, PartnerRecorded]
    """Only those that take requests: who was paused or removed since stands in the answer alone."""


@dataclass(frozen=True)
class About:
    """How many of the best partners are wanted, and which partner is to be explained besides."""

    most: int
    partner_id: UUID | None = None


async def match_facts(
    pool: Pool, matcher: Matcher, facts: NeedFacts, own_site: UUID | None, about: About, referred_by: UUID | None = None
) -> Matching:
    """Who could help with a need that nobody entered. Nothing is kept. Raises NotPossible or MatcherAway."""
    async with pool.acquire() as connection:
        site_id = await choose_site(connection, facts, own_site)
    terms = to_terms(facts, site_id, datetime.now(UTC))
    asked_before = (referred_by,) if referred_by else ()
    question = MatchQuestion(terms=terms, asked_before=asked_before, most=about.most, partner_id=about.partner_id)
    return await _match(pool, matcher, question)


async def match_need(pool: Pool, matcher: Matcher, need: NeedRow, about: About) -> Matching:
    """Who else could help with what is still open of a need; with all of it, once nothing is. Raises MatcherAway."""
    async with pool.acquire() as connection:
        made = await offers.offers_of(connection, need.need_id)
    asked_before = {offer.partner_id for offer in made}
    if need.terms.referred_by is not None:
        # Nobody asks the partner that the family comes from.
        asked_before.add(need.terms.referred_by)
    question = MatchQuestion(
        terms=still_open(need.terms, made),
        asked_before=tuple(asked_before)[:MOST_ASKED_BEFORE],
        most=about.most,
        partner_id=about.partner_id,
    )
    return await _match(pool, matcher, question)


def still_open(terms: NeedTerms, made: Sequence[OfferRow]) -> NeedTerms:
    """The terms with what is in nobody's hands; all of them, where all is."""
    taken = Counter[int]()
    for offer in made:
        if offer.state == "awarded":
            taken.update({one.line: one.quantity for one in offer.awarded})
    left = tuple(
        item.model_copy(update={"quantity": item.quantity - taken[item.line]})
        for item in terms.items
        if item.quantity > taken[item.line]
    )
    return terms.model_copy(update={"items": left or terms.items})


async def _match(pool: Pool, matcher: Matcher, question: MatchQuestion) -> Matching:
    answer = await matcher.ask(question)
    async with pool.acquire() as connection:
        named = [one.partner_id for one in answer.best] + [one.nearest for one in answer.near_misses]
        known = await partners.read_partners(connection, named)
    active = {one: record for one, record in known.items() if record.status is PartnerStatus.ACTIVE}
    return Matching(question.terms, answer, active)
