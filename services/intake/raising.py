"""A need that somebody at a site raises by the site's link: it waits for a coordinator, who completes or closes it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID, uuid4, uuid5

from pydantic import BaseModel, ConfigDict, Field

from schemas.links import RaisedLink, SiteLink
from schemas.vocabulary import Urgency
from services.intake.domain.asked import SeenBy
from services.intake.domain.need import NotPossible
from services.intake.domain.reaching import Email
from services.intake.sealing import Seal
from services.intake.staff import NotYours, sees_site
from services.intake.store import raised, staff
from services.intake.store.letters import Letter, add_letters
from services.intake.store.people import Person, Role
from services.intake.store.raised import Closed, RaisedRow
from services.intake.store.staff import Change
from services.runtime.database import Connection, Pool

LINK_LASTS = timedelta(days=400)
"""A school year, and the time to put up another."""
_STATUS_LASTS = timedelta(days=90)
_WAITS_AT_MOST = timedelta(days=30)
"""What nobody looked at for so long is closed, so that nothing of a family lies here."""


class Details(BaseModel):
    """What stands sealed of a raised need."""

    model_config = ConfigDict(
        extra="forbid", str_strip_whitespace=True, frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True
    )

    what: Annotated[str, SeenBy.SITE] = Field(min_length=1, max_length=300)
    """What the family needs, in a few words, for the coordinator to ask about."""
    student: Annotated[str, SeenBy.SITE] = Field(min_length=1, max_length=60)
    """A student's number or the like, by which the coordinator finds the family in the school's own records."""


class EnteredRaised(Details):
    """What somebody at a site says, in half a minute."""

    urgency: Annotated[Urgency, SeenBy.SITE]
    """Roughly how soon, so that the coordinator looks at what cannot wait first."""
    name: Annotated[str, SeenBy.SITE] = Field(min_length=1, max_length=120)
    """Of whoever raises it, for the coordinator to ask back."""
    email: Annotated[Email, SeenBy.SITE]
    """Their work email: the link that shows how far it has come goes there."""


@dataclass(frozen=True)
class OpenRaised:
    """A raised need that waits, opened for the coordinator."""

    row: RaisedRow
    details: Details


async def renew_link(pool: Pool, site_id: UUID, by: Person, seen: UUID | None) -> None:
    """Gives a site another link than the one that was seen, which opens nothing any more; unless it has another.

    Raises NotYours.
    """
    if not may_see_link(by, site_id):
        raise NotYours
    async with pool.acquire() as connection, connection.transaction():
        await staff.lock_site(connection, site_id)
        site = await raised.read_link(connection, site_id)
        if site is None:
            raise NotYours
        if site.link_id != seen:
            return
        await raised.save_link(connection, site_id, uuid4())
        await staff.note(connection, Change(by.person_id, "link_renewed", site.name, site_id=site_id))


def may_see_link(by: Person, site_id: UUID) -> bool:
    """Whether somebody may put the site's link up."""
    return by.role is not Role.DISTRICT and sees_site(by, site_id)


def site_link(site_id: UUID, link_id: UUID, since: datetime) -> SiteLink:
    """The link that is put up: the same as long as it stands."""
    return SiteLink(site_id, link_id, since + LINK_LASTS)


def status_link(raised_id: UUID, raised_at: datetime) -> RaisedLink:
    """The link by which whoever raised it sees how far it has come."""
    return RaisedLink(raised_id, raised_at + _STATUS_LASTS)


async def raise_need(
    pool: Pool, seal: Seal, site_id: UUID, entered: EnteredRaised, key: str, language: str
) -> RaisedRow:
    """Takes it in and tells whoever raised it and the site's coordinators. The same key again is the same one."""
    raised_id, now = uuid5(site_id, key), datetime.now(UTC).replace(microsecond=0)
    details = Details(what=entered.what, student=entered.student)
    wrapped, sealed = await seal.close_text(details.model_dump_json(), raised_id)
    row = RaisedRow(
        raised_id, site_id, now, entered.urgency, entered.name, entered.email, language, wrapped, sealed, None, None
    )
    async with pool.acquire() as connection, connection.transaction():
        if await raised.add_raised(connection, row):
            await add_letters(connection, await _announce(connection, row))
        return await raised.read_raised(connection, raised_id) or row


async def _announce(connection: Connection, row: RaisedRow) -> list[Letter]:
    at_site = [one for one in await staff.list_people(connection, row.site_id) if not one.paused]
    coordinators = [one for one in at_site if one.role is Role.COORDINATOR]
    facts = {"raised_at": row.raised_at.isoformat()}
    own = Letter("raised", to=(row.email, row.name, row.language), about=row.raised_id, facts=facts)
    told = [Letter("need_raised", one.person_id, about=row.raised_id, facts={"by": row.name}) for one in coordinators]
    return [own, *told]


async def open_raised(pool: Pool, seal: Seal, raised_id: UUID, site_id: UUID) -> OpenRaised:
    """What somebody raised at this site and nobody has completed or closed. Raises NotYours."""
    async with pool.acquire() as connection:
        row = await raised.read_raised(connection, raised_id)
    if row is None or row.site_id != site_id or row.sealed is None or row.wrapped_key is None:
        raise NotYours
    return OpenRaised(row, Details.model_validate_json(await seal.open_text(row.wrapped_key, row.sealed, raised_id)))


async def complete(connection: Connection, raised_id: UUID, need_id: UUID, site_id: UUID, by: UUID | None) -> None:
    """It has become a need, and what was sealed is destroyed. Raises NotPossible for one that waits no more."""
    if not await raised.end_raised(connection, raised_id, site_id, by, need_id=need_id):
        raise NotPossible("form", "somebody has completed or closed this one meanwhile")


async def close(pool: Pool, raised_id: UUID, why: Closed, by: Person) -> None:
    """There will be no need of it; one that waits no more stays as it is."""
    async with pool.acquire() as connection:
        await raised.end_raised(connection, raised_id, by.site_id, by.person_id, closed=why)


async def close_forgotten(pool: Pool) -> int:
    """Closes what nobody looked at for a month, and forgets what ended a quarter ago. Returns how many."""
    async with pool.acquire() as connection:
        return await raised.close_old(connection, _WAITS_AT_MOST, _STATUS_LASTS)
