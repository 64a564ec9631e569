"""Who is asked to approve needs, until when, and what they decided."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from services.intake.domain.approval import ApprovalRule, ApprovalState, Policy
from services.runtime.database import Connection


@dataclass(frozen=True)
class ApprovalRow:
    """The newest asking of a need, and what became of it."""

    need_id: UUID
    revision: int
    state: ApprovalState
    asked_at: datetime
    escalates_at: datetime
    escalated: bool
    expires_at: datetime
    decided_at: datetime | None
    decided_by: UUID | None
    decided_name: str | None
    reason: str | None


@dataclass(frozen=True)
class Decider:
    """Somebody who may decide about a need now."""

    person_id: UUID
    name: str
    language: str
    time_zone: str


_APPROVAL = """
    SELECT approvals.need_id, revision, state, asked_at, escalates_at, escalated, expires_at, decided_at, decided_by,
           people.name AS decided_name, reason
      FROM approvals LEFT JOIN people ON person_id = decided_by
"""
DECIDERS = """
    SELECT needs.need_id, person.person_id, person.name, person.language, site.time_zone
      FROM needs JOIN sites AS site USING (site_id) JOIN approvals USING (need_id)
           JOIN people AS person ON paused_at IS NULL AND person_id IS DISTINCT FROM entered_by AND (
               (role = 'supervisor' AND person.site_id = site.site_id)
               OR (escalated AND person_id = deputy_id)
               OR (escalated AND role = 'administrator' AND NOT EXISTS (
                   SELECT FROM people AS deputy WHERE deputy.person_id = deputy_id AND deputy.paused_at IS NULL
                      AND deputy.person_id IS DISTINCT FROM entered_by)))
"""
"""Supervisors of the site; once escalated, the deputy too, or without one the administrators. Never who asks."""


async def read_policy(connection: Connection, site_id: UUID) -> Policy:
    """The site's rule."""
    row = await connection.fetchrow("SELECT approval, approval_above FROM sites WHERE site_id = $1", site_id)
    return Policy(ApprovalRule(row["approval"]), row["approval_above"]) if row else Policy(ApprovalRule.NONE, None)


async def ask(connection: Connection, need_id: UUID, escalates_at: datetime, expires_at: datetime) -> None:
    """Asks for the first time, or once more."""
    await connection.execute(
        """
        INSERT INTO approvals (need_id, state, escalates_at, expires_at) VALUES ($1, 'waiting', $2, $3)
            ON CONFLICT (need_id) DO UPDATE
           SET state = 'waiting', revision = approvals.revision + 1, asked_at = now(), escalated = false,
               escalates_at = excluded.escalates_at, expires_at = excluded.expires_at,
               decided_at = NULL, decided_by = NULL, reason = NULL
        """,
        need_id,
        escalates_at,
        expires_at,
    )


async def read_approval(connection: Connection, need_id: UUID) -> ApprovalRow | None:
    """The asking of a need; None where nobody was asked."""
    row = await connection.fetchrow(f"{_APPROVAL} WHERE approvals.need_id = $1", need_id)
    return _row(row) if row else None


async def decide(
    connection: Connection, need_id: UUID, state: ApprovalState, by: UUID | None, reason: str | None
) -> None:
    """It waits no more. The need's row must be locked."""
    await connection.execute(
        "UPDATE approvals SET state = $2, decided_at = now(), decided_by = $3, reason = $4 WHERE need_id = $1",
        need_id,
        state,
        by,
        reason,
    )


async def escalate(connection: Connection, need_id: UUID) -> None:
    """Others are asked as well from now on."""
    await connection.execute("UPDATE approvals SET escalated = true WHERE need_id = $1", need_id)


async def note_change(connection: Connection, need_id: UUID) -> None:
    """What waits is not what it was: who looked at it before looks again."""
    await connection.execute("UPDATE approvals SET revision = revision + 1 WHERE need_id = $1", need_id)


async def list_deciders(connection: Connection, need_id: UUID) -> list[Decider]:
    """Who may decide about a need now."""
    rows = await connection.fetch(f"{DECIDERS} WHERE needs.need_id = $1 ORDER BY person.name", need_id)
    return [Decider(row["person_id"], row["name"], row["language"], row["time_zone"]) for row in rows]


async def list_for(connection: Connection, person_id: UUID) -> list[UUID]:
    """The needs that wait for this one: what is over first comes first."""
    rows = await connection.fetch(
        f"SELECT need_id FROM ({DECIDERS}) AS decider JOIN approvals USING (need_id) "  # noqa: S608 - our own text
        "WHERE person_id = $1 AND state = 'waiting' ORDER BY expires_at LIMIT 200",
        person_id,
    )
    return [row["need_id"] for row in rows]


async def list_due(connection: Connection, at_most: int) -> list[UUID]:
    """Needs whose asking is to be escalated, or is over."""
    rows = await connection.fetch(
        "SELECT need_id FROM approvals WHERE state = 'waiting' "
        "AND least(expires_at, CASE WHEN NOT escalated THEN escalates_at END) <= now() LIMIT $1",
        at_most,
    )
    return [row["need_id"] for row in rows]


async def note_published(connection: Connection, need_ids: Collection[UUID]) -> None:
    """Topics hold these needs: they were approved, whatever a restored copy says."""
    await connection.execute(
        "UPDATE approvals SET state = 'approved', decided_at = now() WHERE need_id = ANY($1::uuid[]) "
        "AND state <> 'approved'",
        need_ids,
    )
    await connection.execute(
        "UPDATE needs SET status = 'open' WHERE need_id = ANY($1::uuid[]) AND status IN ('approval', 'sent_back')",
        need_ids,
    )


def _row(row: asyncpg.Record) -> ApprovalRow:
    return ApprovalRow(**{**row, "state": ApprovalState(row["state"])})
