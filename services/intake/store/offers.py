"""Offers as the matcher told of them, and the answers that came in."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from schemas.event import Item, LineQuantity, OfferTerms
from schemas.vocabulary import Arrival
from services.runtime.database import Connection, to_columns

NEWEST_STANDS = frozenset({"scheduled", "not_reached"})
"""The kinds of answer that may be given again."""


@dataclass(frozen=True)
class OfferRow:
    """One offer. `state` is open, expired, withdrawn, awarded, refused or lapsed, as the matcher decided."""

    offer_id: UUID
    need_id: UUID
    partner_id: UUID
    number: int
    terms: OfferTerms
    state: str
    awarded: tuple[LineQuantity, ...]
    contact_by: datetime | None
    version: int
    undo_until: datetime | None = None
    """Until when a yes that was a mistake is taken back."""

    @property
    def awarded_items(self) -> tuple[Item, ...]:
        """What was awarded, and how many of each."""
        quantities = {line.line: line.quantity for line in self.awarded}
        return tuple(
            item.model_copy(update={"quantity": quantities[item.line]})
            for item in self.terms.items
            if quantities.get(item.line)
        )


@dataclass(frozen=True)
class Claims:
    """How many claims a service took on within a week, and how many are in its hands."""

    this_week: int = 0
    at_once: int = 0


@dataclass(frozen=True)
class Answer:
    """What was answered, when, and by which contact."""

    at: datetime
    facts: dict[str, Any]
    contact_id: UUID | None


@dataclass(frozen=True)
class OfferTo:
    """An offer to a partner, with its answers by kind, and what became of it."""

    offer: OfferRow
    answers: Mapping[str, Answer]
    need_ended: bool
    arrival: Arrival | None
    """None until the need has ended and this partner had handed something over."""


async def save_offers(connection: Connection, offers: Sequence[OfferRow]) -> None:
    """Writes offers; what is older than what is known is left out, and so are those of needs that are not ours."""
    newest = {offer.offer_id: offer for offer in sorted(offers, key=lambda offer: offer.version)}
    rows = list(newest.values())
    await connection.execute(
        """
        INSERT INTO offers (offer_id, need_id, partner_id, number, terms, state, awarded, contact_by, version,
                            undo_until)
        SELECT offer_id, need_id, partner_id, number, new.terms, state, awarded::jsonb, contact_by, new.version,
               new.undo_until
          FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::int[], $5::jsonb[], $6::text[], $7::text[],
                      $8::timestamptz[], $9::int[], $10::timestamptz[])
               AS new (offer_id, need_id, partner_id, number, terms, state, awarded, contact_by, version, undo_until)
          JOIN needs USING (need_id)
            ON CONFLICT (offer_id) DO UPDATE
           SET state = excluded.state, version = excluded.version,
               awarded = CASE WHEN excluded.state = 'awarded' THEN excluded.awarded ELSE offers.awarded END,
               contact_by = coalesce(excluded.contact_by, offers.contact_by),
               undo_until = coalesce(excluded.undo_until, offers.undo_until)
         WHERE offers.version < excluded.version
        """,
        [row.offer_id for row in rows],
        [row.need_id for row in rows],
        [row.partner_id for row in rows],
        [row.number for row in rows],
        [row.terms.model_dump(mode="json") for row in rows],
        [row.state for row in rows],
        # As text: the driver would take a list of lists for an array of two dimensions.
        [json.dumps([line.model_dump() for line in row.awarded]) for row in rows],
        [row.contact_by for row in rows],
        [row.version for row in rows],
        [row.undo_until for row in rows],
    )


async def note_making(connection: Connection, made: Sequence[tuple[UUID, UUID, datetime]]) -> None:
    """(offer, service, when) of offers that are there, whichever was heard of first."""
    await connection.execute(
        "UPDATE offers SET service_id = made.service_id, made_at = made.at "
        "FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) AS made (offer_id, service_id, at) "
        "WHERE offers.offer_id = made.offer_id",
        *to_columns(made, 3),
    )


async def claims_of(connection: Connection, partner_id: UUID) -> dict[UUID, Claims]:
    """By service, what a partner has taken on, as the matcher counts it: by when it was asked."""
    rows = await connection.fetch(
        """
        SELECT service_id, count(*) FILTER (WHERE made_at > now() - interval '7 days') AS this_week,
               count(*) FILTER (WHERE status NOT IN ('fulfilled', 'partly_fulfilled', 'unmet')
                                  AND NOT EXISTS (SELECT FROM answers WHERE answers.offer_id = offers.offer_id
                                                     AND kind = 'completed')) AS at_once
          FROM offers JOIN needs USING (need_id)
         WHERE partner_id = $1 AND state = 'awarded' AND made_at > now() - interval '180 days'
         GROUP BY service_id
        """,
        partner_id,
    )
    return {row["service_id"]: Claims(row["this_week"], row["at_once"]) for row in rows}


async def read_offer(connection: Connection, offer_id: UUID) -> OfferRow | None:
    """An offer; None when the matcher has not told of it."""
    row = await connection.fetchrow("SELECT * FROM offers WHERE offer_id = $1", offer_id)
    return _read(row) if row else None


async def offers_of(connection: Connection, need_id: UUID) -> list[OfferRow]:
    """All offers of a need."""
    rows = await connection.fetch("SELECT * FROM offers WHERE need_id = $1", need_id)
    return [_read(row) for row in rows]


async def unanswered_of(connection: Connection, need_id: UUID) -> list[OfferRow]:
    """The open offers of a need to which nobody has answered, in the order of their numbers."""
    rows = await connection.fetch(
        "SELECT * FROM offers WHERE need_id = $1 AND state = 'open' AND NOT EXISTS ("
        "SELECT FROM answers WHERE answers.offer_id = offers.offer_id) ORDER BY number, offer_id",
        need_id,
    )
    return [_read(row) for row in rows]


async def find_by_number(connection: Connection, partner_ids: Sequence[UUID], number: int) -> OfferRow | None:
    """The newest offer of that number to one of these partners."""
    row = await connection.fetchrow(
        "SELECT offers.* FROM offers JOIN needs USING (need_id) "
        "WHERE partner_id = ANY($1::uuid[]) AND number = $2 ORDER BY needs.created_at DESC LIMIT 1",
        partner_ids,
        number,
    )
    return _read(row) if row else None


async def open_for(connection: Connection, partner_ids: Sequence[UUID]) -> list[OfferRow]:
    """The open offers of these partners."""
    rows = await connection.fetch(
        "SELECT * FROM offers WHERE partner_id = ANY($1::uuid[]) AND state = 'open'", partner_ids
    )
    return [_read(row) for row in rows]


async def offers_to(connection: Connection, partner_id: UUID, since: datetime) -> list[OfferTo]:
    """What a partner is asked, holds, or held and said something of since then."""
    rows = await connection.fetch(
        """
        SELECT offers.*, status IN ('fulfilled', 'partly_fulfilled', 'unmet') AS need_ended, given.by_kind,
               (SELECT max(facts->>'arrival') FROM history WHERE history.need_id = offers.need_id
                   AND what = 'outcomes.help_ended' AND facts->>'offer_id' = offers.offer_id::text) AS arrival
          FROM offers JOIN needs USING (need_id),
               LATERAL (SELECT jsonb_object_agg(kind, jsonb_build_object('at', at, 'facts', facts,
                                                                         'contact_id', contact_id)) AS by_kind,
                               max(at) AS newest
                          FROM answers WHERE answers.offer_id = offers.offer_id) AS given
         WHERE partner_id = $1 AND state IN ('open', 'awarded', 'lapsed')
           AND (state = 'open' OR newest > $2
                OR (state = 'awarded' AND status NOT IN ('fulfilled', 'partly_fulfilled', 'unmet')))
         ORDER BY offer_id
        """,
        partner_id,
        since,
    )
    return [
        OfferTo(
            _read(row),
            {kind: _read_answer(given) for kind, given in (row["by_kind"] or {}).items()},
            row["need_ended"],
            Arrival(row["arrival"]) if row["arrival"] else None,
        )
        for row in rows
    ]


async def add_answer(
    connection: Connection, offer_id: UUID, kind: str, channel: str, contact_id: UUID, facts: dict[str, Any]
) -> bool:
    """Writes an answer down. False when it was given already: the first of a kind stands, but for `NEWEST_STANDS`."""
    added = await connection.fetchval(
        "INSERT INTO answers (offer_id, kind, channel, contact_id, facts) VALUES ($1, $2, $3, $4, $5) "
        "ON CONFLICT (offer_id, kind) DO UPDATE SET at = now(), channel = excluded.channel, "
        "contact_id = excluded.contact_id, facts = excluded.facts "
        "WHERE answers.kind = ANY($6::text[]) AND answers.facts <> excluded.facts RETURNING true",
        offer_id,
        kind,
        channel,
        contact_id,
        facts,
        list(NEWEST_STANDS),
    )
    return added is not None


async def answers_to(connection: Connection, offer_id: UUID) -> dict[str, datetime]:
    """By kind, when an offer was answered."""
    rows = await connection.fetch("SELECT kind, at FROM answers WHERE offer_id = $1", offer_id)
    return {row["kind"]: row["at"] for row in rows}


async def read_answer(connection: Connection, offer_id: UUID, kind: str) -> Answer | None:
    """The answer of that kind that stands."""
    row = await connection.fetchrow(
        "SELECT at, facts, contact_id FROM answers WHERE offer_id = $1 AND kind = $2", offer_id, kind
    )
    return Answer(**row) if row else None


async def claimant_of(connection: Connection, offer_id: UUID) -> UUID | None:
    """The contact who said yes."""
    contact_id: UUID | None = await connection.fetchval(
        "SELECT contact_id FROM answers WHERE offer_id = $1 AND kind = 'accepted'", offer_id
    )
    return contact_id


def _read_answer(given: Mapping[str, Any]) -> Answer:
    contact_id = given["contact_id"]
    return Answer(datetime.fromisoformat(given["at"]), given["facts"], UUID(contact_id) if contact_id else None)


def _read(row: asyncpg.Record) -> OfferRow:
    return OfferRow(
        offer_id=row["offer_id"],
        need_id=row["need_id"],
        partner_id=row["partner_id"],
        number=row["number"],
        terms=OfferTerms.model_validate(row["terms"]),
        state=row["state"],
        awarded=tuple(LineQuantity.model_validate(line) for line in row["awarded"]),
        contact_by=row["contact_by"],
        version=row["version"],
        undo_until=row["undo_until"],
    )
