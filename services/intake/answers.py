"""What a partner can answer to an offer, whichever way it comes in. The first answer of a kind stands.

But for when it is handed over, and how often the family was not reached: the newest of these stands.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from schemas.event import LineQuantity
from schemas.responses import (
    ClaimReleased,
    ClaimUndone,
    FamilyContacted,
    FamilyNotReached,
    HelpCompleted,
    HelpScheduled,
    OfferAccepted,
    OfferDeclined,
    PartnerResponse,
    Shortfall,
)
from schemas.vocabulary import AnswerChannel, DeclineReason, PartOfDay, ReleaseReason
from services.intake.domain.scheduling import end_of, may_try_again
from services.intake.store import keys, needs, offers
from services.intake.store.needs import NeedRow
from services.intake.store.offers import OfferRow
from services.intake.telling import tell
from services.intake.visits import call_off_claimed
from services.runtime.database import Connection, Pool

_ENDS_CLAIM = {"completed", "released", "undone"}


class OfferNotFound(LookupError):
    """There is no such offer, or the matcher has not told of it yet."""


@dataclass(frozen=True)
class Answering:
    """Who answers which offer, and how. The link, the sender's phone or a coordinator's word proved it."""

    need_id: UUID
    offer_id: UUID
    contact_id: UUID
    channel: AnswerChannel
    site_id: UUID | None = None
    """Of the coordinator who writes down what was said; None where the partner says it itself."""


async def accept_offer(pool: Pool, who: Answering, quantities: Mapping[int, int]) -> OfferRow:
    """The partner takes these quantities by line; empty means all that was offered. Raises OfferNotFound."""
    lines = tuple(LineQuantity(line=line, quantity=quantity) for line, quantity in quantities.items() if quantity)
    return await _answer(pool, who, "accepted", OfferAccepted, {"lines": lines})


async def decline_offer(pool: Pool, who: Answering, reason: DeclineReason) -> OfferRow:
    """Not this time. Raises OfferNotFound."""
    return await _answer(pool, who, "declined", OfferDeclined, {"reason": reason})


async def say_no(pool: Pool, who: Answering, reason: DeclineReason) -> bool:
    """Not this time; or, where the partner had said yes, its claim handed back. Returns whether it was.

    Raises OfferNotFound.
    """
    async with _locked(pool, who) as answer:
        given = await offers.answers_to(answer.connection, who.offer_id)
        # A "not this time" of who said yes before would leave the claim with them.
        hands_back = "accepted" in given and answer.offer.state in {"open", "awarded"}
        if hands_back:
            await answer.take("released", ClaimReleased, {"reason": ReleaseReason.NO_LONGER_ABLE})
        else:
            await answer.take("declined", OfferDeclined, {"reason": reason})
    return hands_back


async def report_contacted(pool: Pool, who: Answering) -> OfferRow:
    """The partner has been in touch. Raises OfferNotFound."""
    return await _answer(pool, who, "contacted", FamilyContacted, {})


async def report_not_reached(pool: Pool, who: Answering) -> None:
    """One more try to reach the family was in vain. Two on one day are one. Raises OfferNotFound."""
    async with _locked(pool, who) as answer:
        before = await offers.read_answer(answer.connection, who.offer_id, "not_reached")
        if before is None or may_try_again(before.at, datetime.now(UTC)):
            attempt = before.facts["attempt"] + 1 if before else 1
            await answer.take("not_reached", FamilyNotReached, {"attempt": attempt})


async def report_scheduled(pool: Pool, who: Answering, day: date, part: PartOfDay) -> None:
    """When it is handed over; what is said later stands. Raises OfferNotFound, or NotPossible for a day gone by."""
    async with _locked(pool, who) as answer:
        _, zone = await keys.site_of(answer.connection, answer.need.site_id)
        before = await offers.read_answer(answer.connection, who.offer_id, "scheduled")
        said = {"day": day, "part": part, "until": end_of(day, part, zone, datetime.now(UTC))}
        if before is None or (before.facts["day"], before.facts["part"]) != (day.isoformat(), part):
            revision = before.facts["revision"] + 1 if before else 1
            await answer.take("scheduled", HelpScheduled, said | {"revision": revision})


async def report_completed(
    pool: Pool, who: Answering, quantities: Mapping[int, int], shortfalls: Sequence[Shortfall] = ()
) -> OfferRow:
    """It is done: these quantities by line, empty means all that was awarded; and why some is missing.

    Raises OfferNotFound.
    """
    lines = tuple(LineQuantity(line=line, quantity=quantity) for line, quantity in quantities.items())
    return await _answer(pool, who, "completed", HelpCompleted, {"lines": lines, "shortfalls": shortfalls})


async def release_claim(pool: Pool, who: Answering, reason: ReleaseReason) -> OfferRow:
    """The partner hands its claim back. Raises OfferNotFound."""
    return await _answer(pool, who, "released", ClaimReleased, {"reason": reason})


async def undo_claim(pool: Pool, who: Answering) -> OfferRow:
    """The yes was a mistake; whether it is in time, the matcher decides. Raises OfferNotFound."""
    return await _answer(pool, who, "undone", ClaimUndone, {})


async def _answer(
    pool: Pool, who: Answering, kind: str, made: type[PartnerResponse], facts: Mapping[str, Any]
) -> OfferRow:
    async with _locked(pool, who) as answer:
        await answer.take(kind, made, facts)
    return answer.offer


@dataclass(frozen=True)
class _Locked:
    """An offer that is being answered, its need under lock: what was said before, nobody adds to meanwhile."""

    connection: Connection
    who: Answering
    need: NeedRow
    offer: OfferRow

    async def take(self, kind: str, made: type[PartnerResponse], facts: Mapping[str, Any]) -> None:
        """Writes an answer down and tells of it, unless it was given before."""
        who = self.who
        event = made.model_validate(
            {
                "need_id": who.need_id,
                "offer_id": who.offer_id,
                "partner_id": self.offer.partner_id,
                "contact_id": who.contact_id,
                "channel": who.channel,
                **facts,
            }
        )
        told = event.model_dump(mode="json", exclude={"need_id", "offer_id", "contact_id"})
        if await offers.add_answer(self.connection, who.offer_id, kind, who.channel, who.contact_id, told):
            await tell(self.connection, self.need, event)
            if kind in _ENDS_CLAIM:
                await call_off_claimed(self.connection, self.need, who.offer_id)


@asynccontextmanager
async def _locked(pool: Pool, who: Answering) -> AsyncIterator[_Locked]:
    """Raises OfferNotFound."""
    async with pool.acquire() as connection, connection.transaction():
        need = await needs.lock_need(connection, who.need_id, who.site_id)
        offer = await offers.read_offer(connection, who.offer_id)
        if need is None or offer is None or offer.need_id != who.need_id:
            raise OfferNotFound
        yield _Locked(connection, who, need, offer)
