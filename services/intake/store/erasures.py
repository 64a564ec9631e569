"""The end of what is known of a family."""

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum, auto
from uuid import UUID

from services.runtime.database import Connection


class ErasureCause(StrEnum):
    """Why a family was erased."""

    ASKED = auto()
    KEPT_LONG_ENOUGH = auto()
    RESTORED = auto()


async def erase_families(connection: Connection, need_ids: Sequence[UUID], cause: ErasureCause) -> set[UUID]:
    """Destroys the keys of these families, and what was sealed with them. Returns those that had one."""
    rows = await connection.fetch("DELETE FROM families WHERE need_id = ANY($1::uuid[]) RETURNING need_id", need_ids)
    erased = [row["need_id"] for row in rows]
    await connection.execute("UPDATE consents SET signed_by = NULL WHERE need_id = ANY($1::uuid[])", erased)
    # What was hashed of a request holds a family's words too.
    await connection.execute("DELETE FROM idempotency_keys WHERE need_id = ANY($1::uuid[])", erased)
    await connection.execute(
        "INSERT INTO erasures (need_id, cause) SELECT need_id, $2 FROM unnest($1::uuid[]) AS need_id "
        "ON CONFLICT DO NOTHING",
        erased,
        cause,
    )
    return set(erased)


async def ended_before(connection: Connection, kept: timedelta, limit: int) -> list[UUID]:
    """Needs that ended so long ago, and whose family is still known."""
    rows = await connection.fetch(
        "SELECT need_id FROM needs JOIN families USING (need_id) WHERE ended_at < now() - $1::interval "
        "ORDER BY ended_at LIMIT $2",
        kept,
        limit,
    )
    return [row["need_id"] for row in rows]


async def wrapped_keys(connection: Connection, after: UUID, limit: int) -> list[tuple[UUID, bytes]]:
    """(need, or what was raised and is none yet; its wrapped key), in the order of their ids."""
    rows = await connection.fetch(
        """
        SELECT need_id AS about, wrapped_key FROM families WHERE need_id > $1
         UNION ALL SELECT raised_id, wrapped_key FROM raised_needs WHERE raised_id > $1 AND wrapped_key IS NOT NULL
         ORDER BY about LIMIT $2
        """,
        after,
        limit,
    )
    return [(row["about"], row["wrapped_key"]) for row in rows]


async def save_wrapped_keys(connection: Connection, keys: Sequence[tuple[UUID, bytes, bytes]]) -> None:
    """(need or raised, key as it was wrapped, as it is wrapped now). One that changed meanwhile is left as it is."""
    for table, name in (("families", "need_id"), ("raised_needs", "raised_id")):
        await connection.execute(
            f"UPDATE {table} SET wrapped_key = again.new FROM unnest($1::uuid[], $2::bytea[], $3::bytea[]) "  # noqa: S608
            f"AS again (about, old, new) WHERE {name} = again.about AND wrapped_key = again.old",
            [about for about, _, _ in keys],
            [old for _, old, _ in keys],
            [new for _, _, new in keys],
        )
