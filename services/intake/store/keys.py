"""API keys, sites, texts that came in, and what is kept of requests so that repeating them changes nothing."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from services.intake.store.people import Role
from services.runtime.database import Connection

_REPEATED_WITHIN = timedelta(days=30)


@dataclass(frozen=True)
class KeyRow:
    """What a key may do. Without a site it may do it for all; a partner's own refers families, to any site."""

    name: str
    scopes: frozenset[str]
    site_id: UUID | None
    partner_id: UUID | None = None


@dataclass(frozen=True)
class Coordinator:
    """A coordinator, with the site's name and zone."""

    person_id: UUID
    site_id: UUID
    name: str
    email: str
    phone: str | None
    language: str
    site_name: str
    time_zone: str


async def find_key(connection: Connection, key_hash: bytes) -> KeyRow | None:
    """The key of that hash; None also for one of a partner that is suspended or removed."""
    row = await connection.fetchrow(
        """
        SELECT name, scopes, site_id, partner_id FROM api_keys LEFT JOIN partners USING (partner_id)
         WHERE key_hash = $1 AND (partner_id IS NULL OR record->>'status' <> 'suspended')
        """,
        key_hash,
    )
    return KeyRow(row["name"], frozenset(row["scopes"]), row["site_id"], row["partner_id"]) if row else None


async def save_key(connection: Connection, key_hash: bytes, key: KeyRow) -> None:
    """Makes a key good for this."""
    await connection.execute(
        "INSERT INTO api_keys (key_hash, name, scopes, site_id, partner_id) VALUES ($1, $2, $3, $4, $5) "
        "ON CONFLICT (key_hash) DO UPDATE SET scopes = excluded.scopes, site_id = excluded.site_id",
        key_hash,
        key.name,
        sorted(key.scopes),
        key.site_id,
        key.partner_id,
    )


async def remove_keys_of(connection: Connection, partner_id: UUID) -> None:
    """No key of this partner is good any more."""
    await connection.execute("DELETE FROM api_keys WHERE partner_id = $1", partner_id)


async def save_site(connection: Connection, site_id: UUID, name: str, time_zone: str, zip_code: str) -> None:
    """Makes a site, unless it is there."""
    await connection.execute(
        "INSERT INTO sites (site_id, name, time_zone, zip_code) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        site_id,
        name,
        time_zone,
        zip_code,
    )


async def save_person(connection: Connection, person: Coordinator, role: Role = Role.COORDINATOR) -> None:
    """Makes a person who can sign in, unless the email address is known."""
    await connection.execute(
        "INSERT INTO people (person_id, site_id, email, name, phone, language, role) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
        person.person_id,
        person.site_id,
        person.email,
        person.name,
        person.phone,
        person.language,
        role,
    )


async def coordinator_of(connection: Connection, need_id: UUID) -> Coordinator | None:
    """Who entered the need; otherwise the first of its site."""
    row = await connection.fetchrow(
        """
        SELECT person_id, people.site_id, people.name, email, phone, language, sites.name AS site_name, time_zone
          FROM needs JOIN people ON people.site_id = needs.site_id JOIN sites ON sites.site_id = needs.site_id
         WHERE need_id = $1 AND role = 'coordinator' AND paused_at IS NULL
         ORDER BY (person_id = entered_by) DESC NULLS LAST, since LIMIT 1
        """,
        need_id,
    )
    return Coordinator(**dict(row)) if row else None


async def backup_of(connection: Connection, need_id: UUID) -> Coordinator | None:
    """Who stands in for the need's coordinator: whom the site names; otherwise another coordinator of it."""
    coordinator = await coordinator_of(connection, need_id)
    row = await connection.fetchrow(
        """
        SELECT person_id, people.site_id, people.name, email, phone, language, sites.name AS site_name, time_zone
          FROM needs JOIN sites ON sites.site_id = needs.site_id JOIN people ON people.site_id = sites.site_id
         WHERE need_id = $1 AND (person_id = backup_id OR (role = 'coordinator' AND NOT EXISTS
               (SELECT FROM people AS named WHERE named.person_id = backup_id AND named.paused_at IS NULL)))
           AND person_id IS DISTINCT FROM $2 AND paused_at IS NULL
         ORDER BY since LIMIT 1
        """,
        need_id,
        coordinator.person_id if coordinator else None,
    )
    return Coordinator(**dict(row)) if row else None


async def first_site(connection: Connection) -> UUID | None:
    """The only site, where there is just one: what a key without a site means by "my site"."""
    rows = await connection.fetch("SELECT site_id FROM sites LIMIT 2")
    return rows[0]["site_id"] if len(rows) == 1 else None


async def site_exists(connection: Connection, site_id: UUID) -> bool:
    """Whether there is such a site."""
    found: bool = await connection.fetchval("SELECT exists(SELECT FROM sites WHERE site_id = $1)", site_id)
    return found


async def site_of(connection: Connection, site_id: UUID) -> tuple[str, str]:
    """A site's name and zone."""
    row = await connection.fetchrow("SELECT name, time_zone FROM sites WHERE site_id = $1", site_id)
    if row is None:
        raise LookupError("no such site")
    return row["name"], row["time_zone"]


async def find_reply(connection: Connection, message_sid: str) -> str | None:
    """What was replied to a text that came in before."""
    reply: str | None = await connection.fetchval("SELECT reply FROM texts_in WHERE message_sid = $1", message_sid)
    return reply


async def save_reply(connection: Connection, message_sid: str, reply: str) -> str:
    """Keeps a reply, and returns what is kept: the first one, when the same text is handled twice at the same time."""
    kept: str = await connection.fetchval(
        "INSERT INTO texts_in (message_sid, reply) VALUES ($1, $2) "
        "ON CONFLICT (message_sid) DO UPDATE SET reply = texts_in.reply RETURNING reply",
        message_sid,
        reply,
    )
    return kept


async def forget_old(connection: Connection) -> None:
    """Drops idempotency keys and replies to texts that nobody repeats any more."""
    await connection.execute("DELETE FROM idempotency_keys WHERE since < now() - $1::interval", _REPEATED_WITHIN)
    await connection.execute("DELETE FROM texts_in WHERE since < now() - $1::interval", _REPEATED_WITHIN)
