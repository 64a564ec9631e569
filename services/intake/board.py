"""A site's needs, by what waits for its coordinators."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.intake.domain.next_step import Standing, Step, next_step
from services.intake.domain.progress import NeedProgress
from services.intake.needs import Page, list_needs
from services.intake.store import families, visits
from services.intake.store.needs import NeedFilter, NeedRow
from services.intake.store.raised import count_waiting
from services.intake.undelivered import list_to_deal_with
from services.runtime.database import Pool

_MOVING = (NeedProgress.APPROVAL, NeedProgress.OPEN, NeedProgress.ASKING, NeedProgress.CLAIMED)
_ENDED = tuple(progress for progress in NeedProgress if progress.ended)
_MOST_LIVE, _MOST_ENDED = 200, 20


@dataclass(frozen=True)
class Listed:
    """A need on the board, and what there is to do about it."""

    need: NeedRow
    step: Step | None
    unasked: bool
    nameless: bool


@dataclass(frozen=True)
class Board:
    """`waiting` is what presses most first; `ended` is a page, newest first."""

    waiting: list[Listed]
    moving: list[Listed]
    ended: Page
    raised: int
    """How many needs colleagues raised that wait to be completed."""
    undelivered: int
    """How many messages did not arrive, and nobody has dealt with."""

    @property
    def is_empty(self) -> bool:
        """Whether nobody has ever entered a need here."""
        return not (self.waiting or self.moving or self.ended.needs)


async def read_board(pool: Pool, site_id: UUID, now: datetime, before: str | None) -> Board:
    """The board of a site, with what ended before that cursor. Raises NotPossible for one that is none of ours."""
    ended = await list_needs(pool, NeedFilter(site_id, _ENDED), _MOST_ENDED, before)
    # Each by itself: however many move, none that is stuck is left out.
    live = [
        need
        for wanted in (
            NeedFilter(site_id, stuck=True),
            NeedFilter(site_id, (NeedProgress.SENT_BACK, NeedProgress.CONFIRMING), stuck=False),
            NeedFilter(site_id, _MOVING, stuck=False),
        )
        for need in (await list_needs(pool, wanted, _MOST_LIVE, None)).needs
    ]
    listed = await _look_at(pool, live, now)
    waiting = sorted(
        (one for one in listed if one.step is not None),
        key=lambda one: (one.step.urgency if one.step else 0, one.need.terms.needed_by),
    )
    async with pool.acquire() as connection:
        raised = await count_waiting(connection, site_id)
        undelivered = await list_to_deal_with(connection, site_id)
    return Board(waiting, [one for one in listed if one.step is None], ended, raised, len(undelivered))


async def _look_at(pool: Pool, live: Sequence[NeedRow], now: datetime) -> list[Listed]:
    ids = [need.need_id for need in live]
    async with pool.acquire() as connection:
        nameless = await families.needs_without_family(connection, ids)
        unasked = await families.needs_not_asked(connection, ids)
        visited = {visit.need_id for visit in await visits.visits_ahead_in(connection, ids)}
    return [
        Listed(
            need,
            next_step(
                Standing(
                    need.progress,
                    need.created_at,
                    need.terms.needed_by,
                    withdrawn=need.withdrawn,
                    unasked=need.need_id in unasked,
                    nameless=need.need_id in nameless,
                    visited=need.need_id in visited,
                ),
                now,
            ),
            unasked=need.need_id in unasked,
            nameless=need.need_id in nameless,
        )
        for need in live
    ]
