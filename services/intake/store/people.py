"""Who may sign in, and who is: people, partners' contacts, their links, their sessions. Tokens are here as hashes."""

from collections.abc import Collection, Sequence
from dataclasses import astuple, dataclass, fields
from datetime import timedelta
from enum import StrEnum, auto
from uuid import UUID

from schemas.partners import PartnerRecorded
from services.intake.store.approvals import DECIDERS
from services.runtime.database import Connection, to_columns

LINK_LASTS = timedelta(minutes=15)
ATTEMPTS_COUNT_FOR = timedelta(minutes=15)
_EMAIL_WAITS_AT_MOST = timedelta(days=1)
_SESSION_IDLES, _SESSION_LASTS = timedelta(hours=12), timedelta(days=7)
_SESSION_TURNS, _PREVIOUS_TOKEN_LASTS = timedelta(hours=1), timedelta(minutes=1)


class Role(StrEnum):
    """What somebody who signs in is there for."""

    COORDINATOR = auto()
    """Sees the needs of the own site."""
    SUPERVISOR = auto()
    """Names the people of the own site, and decides what waits for approval there. Sees no family."""
    ADMINISTRATOR = auto()
    """Names the sites and people of the network, and takes partners in. Sees no family."""
    DISTRICT = auto()
    """Sees who looked at which family, and what nobody could do, at all sites, and no family."""


@dataclass(frozen=True)
class Person:
    """Somebody who is signed in, and the site they may see."""

    person_id: UUID
    role: Role
    name: str
    language: str
    site_id: UUID
    site_name: str
    time_zone: str
    decides: bool
    """Whether a need waits for their approval."""


@dataclass(frozen=True)
class ContactSession:
    """A session of a partner's contact, by the address that the link went to. Its partner's record says if it holds."""

    partner: PartnerRecorded
    contact_id: UUID
    email_hash: bytes


@dataclass(frozen=True)
class QueuedEmail:
    """Somebody waits for what their address opens. The address is in small letters."""

    email: str
    language: str


@dataclass(frozen=True)
class StaffPlace:
    """A site where an address is somebody's who works there."""

    person_id: UUID
    email: str
    name: str
    site_name: str


@dataclass(frozen=True)
class NewLink:
    """A link for a person here, or for a partner's contact with the address that it goes to."""

    token_hash: bytes
    person_id: UUID | None = None
    partner_id: UUID | None = None
    contact_id: UUID | None = None
    email_hash: bytes | None = None


async def count_attempts(connection: Connection, subjects: Sequence[bytes]) -> dict[bytes, int]:
    """Notes one more attempt of each subject; returns how many it made lately, this one included."""
    rows = await connection.fetch(
        """
        WITH added AS (INSERT INTO sign_in_attempts (subject) SELECT unnest($1::bytea[]))
        SELECT subject, 1 + count(attempt.at) AS attempts
          FROM unnest($1::bytea[]) AS subject
          LEFT JOIN sign_in_attempts AS attempt USING (subject)
         WHERE attempt.at IS NULL OR attempt.at > now() - $2::interval
         GROUP BY subject
        """,
        subjects,
        ATTEMPTS_COUNT_FOR,
    )
    found = {row["subject"]: row["attempts"] for row in rows}
    return {subject: found.get(subject, 1) for subject in subjects}


async def queue_email(connection: Connection, email: str, language: str) -> None:
    """Queues an email if somebody has this address. One statement, so that it takes as long for a stranger."""
    await connection.execute(
        """
        INSERT INTO sign_in_emails (email, language)
        SELECT lower($1), $2 FROM (
            SELECT 1 FROM people WHERE lower(email) = lower($1) AND paused_at IS NULL
            UNION ALL SELECT 1 FROM partners WHERE contact_emails(record) ? lower($1)
        ) AS known HAVING count(*) > 0
            ON CONFLICT (email) DO UPDATE SET language = excluded.language
        """,
        email,
        language,
    )


async def claim_emails(connection: Connection, at_most: int) -> list[QueuedEmail]:
    """Takes emails that are due, each out of sight of other copies for a while that grows with its attempts."""
    rows = await connection.fetch(
        """
        UPDATE sign_in_emails
           SET attempts = attempts + 1, due_at = now() + least(15 * 2 ^ least(attempts, 10), 300) * interval '1 second'
         WHERE email IN (SELECT email FROM sign_in_emails WHERE due_at <= now()
                          ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED)
        RETURNING email, language
        """,
        at_most,
    )
    return [QueuedEmail(**row) for row in rows]


async def staff_places(connection: Connection, emails: Sequence[str]) -> list[StaffPlace]:
    """Where these addresses, in small letters, belong to somebody who works here and is not paused."""
    rows = await connection.fetch(
        "SELECT person_id, email, person.name, site.name AS site_name "
        "FROM people AS person JOIN sites AS site USING (site_id) WHERE lower(email) = ANY($1) AND paused_at IS NULL",
        emails,
    )
    return [StaffPlace(**row) for row in rows]


async def partners_with_emails(connection: Connection, emails: Sequence[str]) -> list[PartnerRecorded]:
    """Partners, by name, of whom a contact is known to have one of these addresses, in small letters."""
    rows = await connection.fetch(
        "SELECT record FROM partners WHERE contact_emails(record) ?| $1 ORDER BY lower(record->>'name'), partner_id",
        emails,
    )
    return [PartnerRecorded.model_validate(row["record"]) for row in rows]


async def drop_email(connection: Connection, email: str) -> None:
    """Forgets an email that was sent, or never can be."""
    await connection.execute("DELETE FROM sign_in_emails WHERE email = $1", email)


async def add_links(connection: Connection, links: Sequence[NewLink]) -> None:
    """Makes links good from now on."""
    await connection.execute(
        "INSERT INTO sign_in_links (token_hash, person_id, partner_id, contact_id, email_hash, expires_at) "
        "SELECT *, now() + $6::interval FROM unnest($1::bytea[], $2::uuid[], $3::uuid[], $4::uuid[], $5::bytea[])",
        *to_columns([astuple(one) for one in links], 5),
        LINK_LASTS,
    )


async def is_link(connection: Connection, token_hash: bytes) -> bool:
    """Whether the link would sign somebody in."""
    found: bool = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM sign_in_links WHERE token_hash = $1 AND expires_at > now())", token_hash
    )
    return found


async def turn_link_into_session(connection: Connection, link_hash: bytes, session_hash: bytes) -> bool:
    """Uses the link up. Whoever comes second, or late, gets False."""
    signed_in = await connection.fetchval(
        """
        WITH link AS (DELETE FROM sign_in_links WHERE token_hash = $1 RETURNING *)
        INSERT INTO sessions (token_hash, person_id, partner_id, contact_id, email_hash)
        SELECT $2, person_id, partner_id, contact_id, email_hash FROM link WHERE expires_at > now()
        RETURNING true
        """,
        link_hash,
        session_hash,
    )
    return bool(signed_in)


async def find_session(connection: Connection, session_hash: bytes) -> Person | ContactSession | None:
    """Who this session belongs to, while it lasts."""
    row = await connection.fetchrow(
        f"""
        SELECT person_id, role, person.name, language, site.site_id, site.name AS site_name, time_zone,
               EXISTS (SELECT FROM ({DECIDERS}) AS decider JOIN approvals USING (need_id)
                        WHERE state = 'waiting' AND decider.person_id = person.person_id) AS decides,
               record, contact_id, email_hash
          FROM sessions
          LEFT JOIN (people AS person JOIN sites AS site USING (site_id)) USING (person_id)
          LEFT JOIN partners USING (partner_id)
         WHERE (token_hash = $1 OR (previous_hash = $1 AND rotated_at > now() - $2::interval))
           AND rotated_at > now() - $3::interval AND signed_in_at > now() - $4::interval AND paused_at IS NULL
        """,  # noqa: S608 - our own text
        session_hash,
        _PREVIOUS_TOKEN_LASTS,
        _SESSION_IDLES,
        _SESSION_LASTS,
    )
    if row is None:
        return None
    if row["person_id"] is None:
        record = PartnerRecorded.model_validate(row["record"]) if row["record"] else None
        return ContactSession(record, row["contact_id"], row["email_hash"]) if record else None
    of_person = {field.name: row[field.name] for field in fields(Person)}
    return Person(**{**of_person, "role": Role(row["role"])})


async def rotate_session(connection: Connection, session_hash: bytes, new_hash: bytes) -> bool:
    """Gives the session another token when its hour is over; says whether it did."""
    status = await connection.execute(
        "UPDATE sessions SET token_hash = $2, previous_hash = token_hash, rotated_at = now() "
        "WHERE token_hash = $1 AND rotated_at < now() - $3::interval",
        session_hash,
        new_hash,
        _SESSION_TURNS,
    )
    return status == "UPDATE 1"


async def end_session(connection: Connection, session_hash: bytes) -> None:
    """Signs out."""
    await connection.execute("DELETE FROM sessions WHERE $1 IN (token_hash, previous_hash)", session_hash)


async def end_all_of(connection: Connection, person_id: UUID) -> None:
    """Signs somebody out everywhere; a link on its way to them signs nobody in."""
    await connection.execute("DELETE FROM sign_in_links WHERE person_id = $1", person_id)
    await connection.execute("DELETE FROM sessions WHERE person_id = $1", person_id)


async def end_all_of_contacts(connection: Connection, contacts: Collection[tuple[UUID, UUID]]) -> None:
    """Signs partners' contacts, each (partner, contact), out everywhere, as `end_all_of` does."""
    for table in ("sign_in_links", "sessions"):
        await connection.execute(
            f"DELETE FROM {table} USING unnest($1::uuid[], $2::uuid[]) AS gone (partner_id, contact_id) "  # noqa: S608 - our own text
            f"WHERE ({table}.partner_id, {table}.contact_id) = (gone.partner_id, gone.contact_id)",
            *to_columns(list(contacts), 2),
        )


async def end_all_of_partner(connection: Connection, partner_id: UUID) -> None:
    """Signs all of a partner's contacts out everywhere; a link on its way to them signs nobody in."""
    await connection.execute("DELETE FROM sign_in_links WHERE partner_id = $1", partner_id)
    await connection.execute("DELETE FROM sessions WHERE partner_id = $1", partner_id)


async def forget_old(connection: Connection) -> None:
    """Drops what can no longer be used."""
    await connection.execute("DELETE FROM sign_in_attempts WHERE at < now() - $1::interval", ATTEMPTS_COUNT_FOR)
    await connection.execute("DELETE FROM sign_in_emails WHERE asked_at < now() - $1::interval", _EMAIL_WAITS_AT_MOST)
    await connection.execute("DELETE FROM sign_in_links WHERE expires_at < now()")
    await connection.execute(
        "DELETE FROM sessions WHERE rotated_at < now() - $1::interval OR signed_in_at < now() - $2::interval",
        _SESSION_IDLES,
        _SESSION_LASTS,
    )
