"""What a restored copy of the database takes back from the topics."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from schemas.needs import NeedTerms
from schemas.partners import PartnerRecorded
from services.intake.store.offers import NEWEST_STANDS
from services.runtime.database import Connection


@dataclass(frozen=True)
class Entered:
    """A need as its first event tells of it."""

    need_id: UUID
    terms: NeedTerms
    traceparent: str
    created_at: datetime


@dataclass(frozen=True)
class Latest:
    """The newest that a need's events say. `terms` None: none of them has any."""

    need_id: UUID
    version: int
    terms: NeedTerms | None
    withdrawn: bool


@dataclass(frozen=True)
class AnswerRow:
    """An answer of a partner to an offer."""

    offer_id: UUID
    kind: str
    at: datetime
    channel: str
    contact_id: UUID | None
    facts: dict[str, Any]


async def add_needs(connection: Connection, needs: Sequence[Entered]) -> set[UUID]:
    """Adds those that are not here, each with a new reference and without a family, where its site is here.

    Returns which were added.
    """
    rows = await connection.fetch(
        """
        WITH missing AS (
            SELECT new.*, row_number() OVER () AS place
              FROM unnest($1::uuid[], $2::uuid[], $3::jsonb[], $4::text[], $5::timestamptz[])
                   AS new (need_id, site_id, terms, traceparent, created_at)
             WHERE site_id IN (SELECT site_id FROM sites) AND need_id NOT IN (SELECT need_id FROM needs)
        ), free AS (
            SELECT reference, row_number() OVER (ORDER BY random()) AS place
              FROM (SELECT number::text AS reference FROM generate_series(100000, 999999) AS number
                    EXCEPT SELECT reference FROM needs) AS unused
        )
        INSERT INTO needs (need_id, reference, site_id, version, terms, traceparent, created_at)
        SELECT need_id, reference, site_id, 0, terms, traceparent, created_at FROM missing JOIN free USING (place)
        RETURNING need_id
        """,
        [need.need_id for need in needs],
        [need.terms.site_id for need in needs],
        [need.terms.model_dump(mode="json") for need in needs],
        [need.traceparent for need in needs],
        [need.created_at for need in needs],
    )
    return {row["need_id"] for row in rows}


async def raise_needs(connection: Connection, needs: Sequence[Latest]) -> set[UUID]:
    """Brings needs up to their newest version. Returns those that were behind."""
    rows = await connection.fetch(
        """
        UPDATE needs
           SET version = latest.version, terms = coalesce(latest.terms, needs.terms),
               withdrawn = needs.withdrawn OR latest.withdrawn
          FROM unnest($1::uuid[], $2::int[], $3::jsonb[], $4::boolean[]) AS latest (need_id, version, terms, withdrawn)
         WHERE needs.need_id = latest.need_id AND needs.version < latest.version
        RETURNING needs.need_id
        """,
        [need.need_id for need in needs],
        [need.version for need in needs],
        [need.terms.model_dump(mode="json") if need.terms else None for need in needs],
        [need.withdrawn for need in needs],
    )
    return {row["need_id"] for row in rows}


async def known_needs(connection: Connection, need_ids: Collection[UUID]) -> set[UUID]:
    """Which of these needs are here."""
    rows = await connection.fetch("SELECT need_id FROM needs WHERE need_id = ANY($1::uuid[])", list(need_ids))
    return {row["need_id"] for row in rows}


async def add_answers(connection: Connection, answers: Sequence[AnswerRow]) -> int:
    """Writes answers down that are not here, and newer ones of those that change. Returns how many.

    One of a kind for each offer.
    """
    rows = await connection.fetch(
        "INSERT INTO answers (offer_id, kind, at, channel, contact_id, facts) "
        "SELECT * FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::text[], $5::uuid[], $6::jsonb[]) "
        "ON CONFLICT (offer_id, kind) DO UPDATE SET at = excluded.at, channel = excluded.channel, "
        "contact_id = excluded.contact_id, facts = excluded.facts "
        "WHERE answers.kind = ANY($7::text[]) AND answers.at < excluded.at RETURNING offer_id",
        [answer.offer_id for answer in answers],
        [answer.kind for answer in answers],
        [answer.at for answer in answers],
        [answer.channel for answer in answers],
        [answer.contact_id for answer in answers],
        [answer.facts for answer in answers],
        list(NEWEST_STANDS),
    )
    return len(rows)


async def raise_partners(
    connection: Connection, partners: Sequence[tuple[UUID, int, PartnerRecorded | None]]
) -> set[UUID]:
    """(partner, version, record, None where it was removed). Returns those that were behind."""
    rows = await connection.fetch(
        """
        INSERT INTO partners (partner_id, version, removed, record)
        SELECT partner_id, version, record IS NULL, record::jsonb
          FROM unnest($1::uuid[], $2::int[], $3::text[]) AS new (partner_id, version, record)
            ON CONFLICT (partner_id) DO UPDATE
           SET version = excluded.version, removed = excluded.removed, record = excluded.record
         WHERE partners.version < excluded.version
        RETURNING partner_id
        """,
        [partner_id for partner_id, _, _ in partners],
        [version for _, version, _ in partners],
        [record.model_dump_json() if record else None for *_, record in partners],
    )
    return {row["partner_id"] for row in rows}
