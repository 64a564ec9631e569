"""What a partner refers, and what it learns of that: where each stands and what was answered, never of another's."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from services.intake.domain.need import NeedNotFound, NotPossible
from services.intake.store import keys, needs, partners, referrals
from services.intake.store.keys import Coordinator
from services.intake.store.needs import NeedRow
from services.intake.store.referrals import Answered
from services.runtime.database import Connection, Pool

MOST_OPEN = 20
"""Referrals of one partner."""
_MOST_LISTED = 100


class TooManyReferrals(NotPossible):
    """So many of this partner's referrals wait that it can make no more now."""


@dataclass(frozen=True)
class Referral:
    """A need as whoever referred it sees it."""

    need: NeedRow
    answers: list[Answered]
    """Oldest first."""
    partners: Mapping[UUID, str]
    """Who answered, by name; nobody of a sensitive need, whose partners are named to the coordinator alone."""
    coordinator: Coordinator | None
    """Who can tell more; None once the family agrees no longer."""


async def refuse_too_many(connection: Connection, partner_id: UUID) -> None:
    """Raises TooManyReferrals where the newest, which is written, is one too many.

    Whoever found a partner's key must not use up what all partners are willing to hear in a week.
    """
    # One after the other: several that come at once would else each find room.
    await partners.lock_partners(connection, [partner_id])
    if await referrals.count_open(connection, partner_id) > MOST_OPEN:
        raise TooManyReferrals(
            "items", f"{MOST_OPEN} families that you referred still wait; refer more when some have an answer"
        )


async def read_referral(pool: Pool, need_id: UUID, partner_id: UUID) -> NeedRow:
    """A need that this partner referred. Raises NeedNotFound for any other."""
    async with pool.acquire() as connection:
        need = await needs.read_need(connection, need_id, None)
    if need is None or need.terms.referred_by != partner_id:
        raise NeedNotFound
    return need


async def look_at(pool: Pool, need_id: UUID, partner_id: UUID) -> Referral:
    """The same with what was answered, and whom to ask. Raises NeedNotFound."""
    need = await read_referral(pool, need_id, partner_id)
    async with pool.acquire() as connection:
        answers = await referrals.answers_to(connection, [need_id])
        told = [] if need.terms.is_sensitive else [one.partner_id for one in answers]
        names = await partners.partner_names(connection, told)
        coordinator = None if need.withdrawn else await keys.coordinator_of(connection, need_id)
    return Referral(need, answers, names, coordinator)


async def list_referrals(pool: Pool, partner_id: UUID) -> list[tuple[NeedRow, Answered | None]]:
    """What this partner referred, newest first, each with the newest answer to it."""
    async with pool.acquire() as connection:
        found = await referrals.list_of(connection, partner_id, _MOST_LISTED)
        answers = await referrals.answers_to(connection, [need.need_id for need in found])
    newest = {one.need_id: one for one in answers}
    return [(need, newest.get(need.need_id)) for need in found]
