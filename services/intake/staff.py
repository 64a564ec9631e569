"""What can be done with sites and people: each one transaction, written down with who did it."""

from collections.abc import Callable, Mapping
from typing import Literal
from uuid import UUID, uuid5

import asyncpg
from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from services.intake.domain.approval import ApprovalRule
from services.intake.domain.need import NotPossible
from services.intake.domain.reaching import Email, Phone, Zip, Zone
from services.intake.store import people, staff
from services.intake.store.letters import Letter, add_letters
from services.intake.store.people import Person, Role
from services.intake.store.staff import Change, SiteRow, StaffRow
from services.runtime.database import Connection, Pool

GIVEN_BY: Mapping[Role, tuple[Role, ...]] = {
    Role.ADMINISTRATOR: tuple(Role),
    Role.SUPERVISOR: (Role.COORDINATOR, Role.SUPERVISOR),
}
"""Which roles somebody may give, and whose record somebody may change."""


class NotYours(LookupError):
    """There is no such person or site, or it is none that this person may change."""


class _Entered(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True, hide_input_in_errors=True)


class EnteredPerson(_Entered):
    """Somebody who works here."""

    name: str = Field(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]+$")
    email: Email
    phone: Phone | None = None
    role: Role
    language: Literal["en", "es"] = "en"
    site_id: UUID


class EnteredSite(_Entered):
    """A school, or another place with coordinators of its own."""

    name: str = Field(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]+$")
    zip_code: Zip
    time_zone: Zone
    backup_id: UUID | None = None
    deputy_id: UUID | None = None
    approval: ApprovalRule = ApprovalRule.NONE
    approval_above: int | None = Field(default=None, ge=0, le=1_000_000)
    reporting_steps: str | None = Field(default=None, max_length=2000)

    @field_validator("approval_above")
    @classmethod
    def _is_there(cls, above: int | None, info: ValidationInfo) -> int | None:
        if above is None and info.data.get("approval") is ApprovalRule.ABOVE:
            raise ValueError("above which amount?")
        return above


def may_change(by: Person, person: StaffRow) -> bool:
    """Whether this one may change that one's record."""
    return person.role in GIVEN_BY.get(by.role, ()) and sees_site(by, person.site_id)


def sees_site(by: Person, site_id: UUID) -> bool:
    """Whether a site is one that this one looks after."""
    return by.role is Role.ADMINISTRATOR or by.site_id == site_id


async def add_person(pool: Pool, entered: EnteredPerson, by: Person, key: str) -> UUID:
    """Somebody new, who can sign in at once and is told so. The same key again changes nothing.

    Raises NotPossible, which names the field.
    """
    person_id = uuid5(by.person_id, key)
    async with pool.acquire() as connection, connection.transaction():
        await _check_place(connection, entered, by)
        try:
            if not await staff.add_person(connection, _row(person_id, entered)):
                return person_id
        except asyncpg.UniqueViolationError as error:
            raise NotPossible("email_known", "somebody has this address already") from error
        await staff.note(connection, Change(by.person_id, "person_added", entered.name, site_id=entered.site_id))
        await add_letters(connection, [Letter("welcome", person_id=person_id, facts={"by": by.name})])
    return person_id


async def change_person(pool: Pool, person_id: UUID, by: Person, read: Callable[[StaffRow], EnteredPerson]) -> None:
    """Saves what `read` makes of the record, which nobody else changes meanwhile; what it raises changes nothing.

    Raises NotYours, or NotPossible, which names the field.
    """
    async with pool.acquire() as connection, connection.transaction():
        before = await _lock_person(connection, person_id, by)
        entered = read(before)
        if before.role is not entered.role:
            await _refuse_own(connection, before, by)
        await _check_place(connection, entered, by)
        after = _row(person_id, entered)
        try:
            await staff.save_person(connection, after)
        except asyncpg.UniqueViolationError as error:
            raise NotPossible("email_known", "somebody has this address already") from error
        if before.email != after.email:
            # Whoever reads the old address must not come in by a link that lies there.
            await people.end_all_of(connection, person_id)
        if fields := _differ(before, after):
            change = Change(by.person_id, "person_changed", after.name, fields, after.site_id)
            await staff.note(connection, change)


async def pause_person(pool: Pool, person_id: UUID, by: Person, *, paused: bool) -> None:
    """Nobody signs in who is paused, from this moment; or again. Raises NotYours or NotPossible."""
    async with pool.acquire() as connection, connection.transaction():
        person = await _lock_person(connection, person_id, by)
        if person.paused is paused:
            return
        if paused:
            await _refuse_own(connection, person, by)
            await people.end_all_of(connection, person_id)
        await staff.save_pause(connection, person_id, paused=paused)
        what = "person_paused" if paused else "person_resumed"
        await staff.note(connection, Change(by.person_id, what, person.name, site_id=person.site_id))


async def add_site(pool: Pool, entered: EnteredSite, by: Person, key: str) -> UUID:
    """A new site. The same key again changes nothing. Raises NotYours for whoever is no administrator."""
    if by.role is not Role.ADMINISTRATOR:
        raise NotYours
    site_id = uuid5(by.person_id, key)
    async with pool.acquire() as connection, connection.transaction():
        # No look before: two at once would both find nothing.
        if await staff.add_site(connection, _site_row(site_id, entered)):
            await staff.note(connection, Change(by.person_id, "site_added", entered.name, site_id=site_id))
    return site_id


async def change_site(pool: Pool, site_id: UUID, by: Person, read: Callable[[SiteRow], EnteredSite]) -> None:
    """Saves what `read` makes of the site, as `change_person` does. Raises NotYours, or NotPossible."""
    async with pool.acquire() as connection, connection.transaction():
        before = await staff.lock_site(connection, site_id)
        if before is None or not sees_site(by, site_id):
            raise NotYours
        entered = read(before)
        standing_in = {one.person_id for one in await staff.list_people(connection, site_id) if not one.paused}
        for field, person_id in (("backup_id", entered.backup_id), ("deputy_id", entered.deputy_id)):
            if person_id is not None and person_id not in standing_in:
                raise NotPossible(field, "choose somebody of this site who is not paused")
        after = _site_row(site_id, entered)
        await staff.save_site(connection, after)
        if fields := _differ(before, after):
            await staff.note(connection, Change(by.person_id, "site_changed", after.name, fields, site_id))


async def _lock_person(connection: Connection, person_id: UUID, by: Person) -> StaffRow:
    # Administrators too, always in the same order: else the last two could pause each other at once.
    person = (await staff.lock_people(connection, person_id)).get(person_id)
    if person is None or not may_change(by, person):
        raise NotYours
    return person


async def _refuse_own(connection: Connection, person: StaffRow, by: Person) -> None:
    if person.person_id == by.person_id:
        raise NotPossible("own", "somebody else has to do this for you")
    if person.role is Role.ADMINISTRATOR and await staff.count_administrators(connection) <= 1:
        raise NotPossible("last", "one administrator has to stay")


async def _check_place(connection: Connection, entered: EnteredPerson, by: Person) -> None:
    if entered.role not in GIVEN_BY.get(by.role, ()):
        raise NotPossible("role", "this is not yours to give")
    if not sees_site(by, entered.site_id) or await staff.lock_site(connection, entered.site_id) is None:
        raise NotPossible("site_id", "choose one of your sites")


def _row(person_id: UUID, entered: EnteredPerson) -> StaffRow:
    return StaffRow(
        person_id,
        entered.site_id,
        entered.name,
        entered.email,
        entered.phone,
        entered.role,
        entered.language,
        paused=False,
    )


def _site_row(site_id: UUID, entered: EnteredSite) -> SiteRow:
    return SiteRow(site_id=site_id, **entered.model_dump())


def _differ(before: StaffRow | SiteRow, after: StaffRow | SiteRow) -> tuple[str, ...]:
    mine, theirs = vars(before), vars(after)
    return tuple(name for name in theirs if mine[name] != theirs[name] and name != "paused")
