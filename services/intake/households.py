"""What is known of the same household elsewhere, and linking by hand. No link changes a need."""

from dataclasses import dataclass
from uuid import UUID

from services.intake.domain.households import Shown, what_to_show
from services.intake.domain.need import NeedNotFound
from services.intake.store import households, needs
from services.intake.store.needs import NeedRow
from services.intake.store.people import Person
from services.runtime.database import Connection, Pool


@dataclass(frozen=True)
class Household:
    """The other needs of a need's household, as far as whoever looks may know.

    `possible` are open and share a mark, whether linked or not; `linked` were linked by hand, whether open or not.
    `elsewhere`: there may be one of a site that this viewer may know nothing of.
    """

    possible: list[NeedRow]
    linked: list[NeedRow]
    elsewhere: bool

    @property
    def undecided(self) -> list[NeedRow]:
        """What may be linked."""
        return [need for need in self.possible if need not in self.linked]


async def find_household(pool: Pool, need: NeedRow, viewer_site: UUID | None) -> Household:
    """Looks for the others. A need that has ended, or whose family said stop, is compared with none any more."""
    async with pool.acquire() as connection:
        others = await households.find_others(connection, need.need_id)
        over = need.withdrawn or need.progress.status.ended
        likely = [other for other in others if other.likely and not over]
        shown = [other for other in likely if what_to_show(other.site_id, viewer_site) is Shown.NEED]
        linked = [other for other in others if other.linked]
        # A number that a whole shelter gives finds hundreds, most of them of other sites.
        seen = [other.need_id for other in {*shown, *linked}]
        rows = await needs.read_needs(connection, seen) if seen else {}
    return Household(
        [rows[other.need_id] for other in shown],
        [rows[other.need_id] for other in linked],
        elsewhere=len(shown) < len(likely),
    )


async def link_needs(pool: Pool, need_id: UUID, other_id: UUID, person: Person) -> None:
    """It is the same household. Raises NeedNotFound unless both are of the person's site."""
    async with pool.acquire() as connection:
        await _check(connection, need_id, other_id, person)
        await households.link(connection, need_id, other_id, person.person_id)


async def unlink_needs(pool: Pool, need_id: UUID, other_id: UUID, person: Person) -> None:
    """It is not the same household after all. Raises NeedNotFound unless both are of the person's site."""
    async with pool.acquire() as connection:
        await _check(connection, need_id, other_id, person)
        await households.unlink(connection, need_id, other_id, person.person_id)


async def _check(connection: Connection, need_id: UUID, other_id: UUID, person: Person) -> None:
    if need_id == other_id or not await households.are_of_site(connection, {need_id, other_id}, person.site_id):
        raise NeedNotFound
