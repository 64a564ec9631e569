"""What households are found by, and what coordinators linked. Marks are here as hashes only."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.intake.domain.progress import NeedProgress
from services.runtime.database import Connection, to_columns

_ENDED = [progress for progress in NeedProgress if progress.ended]
_MOST_OF_A_SITE = 20
"""A number that a whole shelter gives is no household's, and is not to fill a page."""


@dataclass(frozen=True)
class OtherNeed:
    """Another need, of any site. `likely`: it is open and shares a mark. `linked`: by hand."""

    need_id: UUID
    site_id: UUID
    likely: bool
    linked: bool


async def add_marks(connection: Connection, need_id: UUID, marks: Sequence[tuple[str, bytes]]) -> None:
    """Keeps what the household of a need is found by: kinds and hashes. Its family is there already."""
    await connection.execute(
        "INSERT INTO household_marks (need_id, kind, hash) SELECT $1::uuid, * FROM unnest($2::text[], $3::bytea[])",
        need_id,
        *to_columns(marks, 2),
    )


async def find_others(connection: Connection, need_id: UUID) -> list[OtherNeed]:
    """The needs that may be of the same household, or are linked; the newest of each site."""
    rows = await connection.fetch(
        """
        WITH found AS (
            SELECT theirs.need_id, true AS marked, false AS linked
              FROM household_marks AS ours JOIN household_marks AS theirs USING (kind, hash)
             WHERE ours.need_id = $1 AND theirs.need_id <> $1
             UNION ALL
            SELECT CASE need_id WHEN $1 THEN other_id ELSE need_id END, false, true
              FROM household_links WHERE $1 IN (need_id, other_id) AND unlinked_at IS NULL
        ), other AS (
            SELECT need_id, site_id, created_at, linked,
                   marked AND NOT withdrawn AND status <> ALL($2::text[]) AS likely
              FROM (SELECT need_id, bool_or(marked) AS marked, bool_or(linked) AS linked
                      FROM found GROUP BY need_id) AS by_need
              JOIN needs USING (need_id)
        ), ranked AS (
            SELECT *, row_number() OVER (PARTITION BY site_id ORDER BY linked DESC, created_at DESC) AS place
              FROM other WHERE likely OR linked
        )
        SELECT need_id, site_id, likely, linked FROM ranked WHERE place <= $3 ORDER BY created_at DESC
        """,
        need_id,
        _ENDED,
        _MOST_OF_A_SITE,
    )
    return [OtherNeed(**row) for row in rows]


async def are_of_site(connection: Connection, need_ids: set[UUID], site_id: UUID) -> bool:
    """Whether these are needs of that site, all of them."""
    of_site: int = await connection.fetchval(
        "SELECT count(*) FROM needs WHERE need_id = ANY($1::uuid[]) AND site_id = $2", list(need_ids), site_id
    )
    return of_site == len(need_ids)


async def link(connection: Connection, need_id: UUID, other_id: UUID, person_id: UUID) -> None:
    """Links two needs, whichever is named first; what is linked stays as it is."""
    await connection.execute(
        "INSERT INTO household_links (need_id, other_id, linked_by) VALUES (least($1::uuid, $2), greatest($1, $2), $3) "
        "ON CONFLICT (need_id, other_id) WHERE unlinked_at IS NULL DO NOTHING",
        need_id,
        other_id,
        person_id,
    )


async def unlink(connection: Connection, need_id: UUID, other_id: UUID, person_id: UUID) -> None:
    """Ends the link of two needs, whichever is named first; that there was one stays known."""
    await connection.execute(
        "UPDATE household_links SET unlinked_at = now(), unlinked_by = $3 "
        "WHERE need_id = least($1::uuid, $2) AND other_id = greatest($1, $2) AND unlinked_at IS NULL",
        need_id,
        other_id,
        person_id,
    )
