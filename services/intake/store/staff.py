"""Sites and the people who work there, as pages change them, and who changed what."""

from dataclasses import astuple, dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from services.intake.store.people import Role
from services.runtime.database import Connection


@dataclass(frozen=True)
class StaffRow:
    """Somebody who works here."""

    person_id: UUID
    site_id: UUID
    name: str
    email: str
    phone: str | None
    role: Role
    language: str
    paused: bool


@dataclass(frozen=True)
class SiteRow:
    """A site, whom it asks when its coordinator is away (`backup_id`), and who decides for its supervisor."""

    site_id: UUID
    name: str
    zip_code: str
    time_zone: str
    backup_id: UUID | None
    deputy_id: UUID | None
    approval: str
    approval_above: int | None
    reporting_steps: str | None


@dataclass(frozen=True)
class Change:
    """What somebody did: `about` names whom or what, `fields` are those that differ now."""

    by_id: UUID
    what: str
    about: str
    fields: tuple[str, ...] = ()
    site_id: UUID | None = None


@dataclass(frozen=True)
class Noted:
    """A change as it was noted."""

    at: datetime
    by_name: str
    what: str
    about: str
    fields: tuple[str, ...]


_PERSON = "person_id, site_id, name, email, phone, role, language, paused_at IS NOT NULL AS paused"
_SITE = "site_id, name, zip_code, time_zone, backup_id, deputy_id, approval, approval_above, reporting_steps"


async def list_people(connection: Connection, site_id: UUID | None) -> list[StaffRow]:
    """Everybody of a site (None: of all), by name; who is paused comes last."""
    rows = await connection.fetch(
        f"SELECT {_PERSON} FROM people WHERE $1::uuid IS NULL OR site_id = $1 "  # noqa: S608 - our own columns
        "ORDER BY paused_at IS NOT NULL, lower(name), person_id",
        site_id,
    )
    return [_person(row) for row in rows]


async def read_person(connection: Connection, person_id: UUID) -> StaffRow | None:
    """Somebody; None for nobody."""
    row = await connection.fetchrow(f"SELECT {_PERSON} FROM people WHERE person_id = $1", person_id)  # noqa: S608
    return _person(row) if row else None


async def lock_people(connection: Connection, person_id: UUID) -> dict[UUID, StaffRow]:
    """This one and all administrators, by id, locked in the order of their ids."""
    rows = await connection.fetch(
        f"SELECT {_PERSON} FROM people WHERE person_id = $1 OR role = 'administrator' "  # noqa: S608
        "ORDER BY person_id FOR NO KEY UPDATE",
        person_id,
    )
    return {row["person_id"]: _person(row) for row in rows}


async def count_administrators(connection: Connection) -> int:
    """How many can act for the network right now."""
    count: int = await connection.fetchval(
        "SELECT count(*) FROM people WHERE role = 'administrator' AND paused_at IS NULL"
    )
    return count


async def add_person(connection: Connection, person: StaffRow) -> bool:
    """Writes somebody new; whether they are. Raises UniqueViolationError for an address that is known."""
    added = await connection.fetchval(
        "INSERT INTO people (person_id, site_id, name, email, phone, role, language) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (person_id) DO NOTHING RETURNING true",
        *_values(person),
    )
    return added is not None


async def save_person(connection: Connection, person: StaffRow) -> None:
    """Writes somebody's record. Raises UniqueViolationError for an address that is known."""
    await connection.execute(
        "UPDATE people SET site_id = $2, name = $3, email = $4, phone = $5, role = $6, language = $7 "
        "WHERE person_id = $1",
        *_values(person),
    )


async def save_pause(connection: Connection, person_id: UUID, *, paused: bool) -> None:
    """From now on, or no more."""
    await connection.execute(
        "UPDATE people SET paused_at = CASE WHEN $2 THEN now() END WHERE person_id = $1", person_id, paused
    )


async def list_sites(connection: Connection, site_id: UUID | None) -> list[SiteRow]:
    """A site (None: all), by name."""
    rows = await connection.fetch(
        f"SELECT {_SITE} FROM sites WHERE $1::uuid IS NULL OR site_id = $1 ORDER BY lower(name), site_id",  # noqa: S608
        site_id,
    )
    return [SiteRow(**row) for row in rows]


async def lock_site(connection: Connection, site_id: UUID) -> SiteRow | None:
    """A site, locked until the transaction ends; None when there is none."""
    # Not its key: what is written meanwhile may name it, and would else wait for us as we wait for whoever wrote it.
    row = await connection.fetchrow(
        f"SELECT {_SITE} FROM sites WHERE site_id = $1 FOR NO KEY UPDATE",  # noqa: S608 - our own columns
        site_id,
    )
    return SiteRow(**row) if row else None


async def add_site(connection: Connection, site: SiteRow) -> bool:
    """Writes a new site; whether it is new."""
    added = await connection.fetchval(
        """
        INSERT INTO sites (site_id, name, zip_code, time_zone, backup_id, deputy_id, approval, approval_above,
                           reporting_steps)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            ON CONFLICT (site_id) DO NOTHING RETURNING true
        """,
        *astuple(site),
    )
    return added is not None


async def save_site(connection: Connection, site: SiteRow) -> None:
    """Writes a site that is there."""
    await connection.execute(
        """
        UPDATE sites
           SET name = $2, zip_code = $3, time_zone = $4, backup_id = $5, deputy_id = $6, approval = $7,
               approval_above = $8, reporting_steps = $9
         WHERE site_id = $1
        """,
        *astuple(site),
    )


async def note(connection: Connection, change: Change) -> None:
    """Writes down who did what."""
    await connection.execute(
        "INSERT INTO administration (by_id, what, about, fields, site_id) VALUES ($1, $2, $3, $4, $5)",
        change.by_id,
        change.what,
        change.about,
        list(change.fields),
        change.site_id,
    )


async def list_noted(connection: Connection, site_id: UUID | None, limit: int) -> list[Noted]:
    """What was changed at a site (None: anywhere), newest first."""
    rows = await connection.fetch(
        "SELECT at, people.name AS by_name, what, about, fields FROM administration JOIN people ON person_id = by_id "
        "WHERE $1::uuid IS NULL OR administration.site_id = $1 ORDER BY entry_id DESC LIMIT $2",
        site_id,
        limit,
    )
    return [Noted(**{**row, "fields": tuple(row["fields"])}) for row in rows]


def _person(row: asyncpg.Record) -> StaffRow:
    return StaffRow(**{**row, "role": Role(row["role"])})


def _values(person: StaffRow) -> tuple[object, ...]:
    return (
        person.person_id,
        person.site_id,
        person.name,
        person.email,
        person.phone,
        person.role,
        person.language,
    )
