"""All SQL of the matcher. Rows are locked in id order: needs first, then partners."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from schemas.event import OfferTerms
from schemas.needs import NeedTerms
from schemas.taxonomy import ITEM_KINDS, Category
from schemas.vocabulary import DeclineReason, StuckCause, WithdrawalReason
from services.matcher.domain.ranking import Claims, Record
from services.matcher.domain.state import Need, NeedStatus, Offer, OfferStatus
from services.runtime.database import Connection, to_columns

_NUMBERS = range(10, 10_000)
"""Offer numbers, used in turn: a partner would need 9,990 offers in 30 days to see one twice."""


@dataclass(frozen=True)
class OpenNeeds:
    """How many needs are open, by state; stuck, by cause; overdue, and since how many seconds the first is."""

    by_state: dict[str, int]
    by_cause: dict[str, int]
    overdue: int
    overdue_oldest_s: float


async def count_open_needs(connection: Connection) -> OpenNeeds:
    """Counts what has not ended."""
    rows = await connection.fetch("SELECT status, stuck, count(*) FROM needs WHERE status <> 'closed' GROUP BY 1, 2")
    by_state: Counter[str] = Counter()
    by_cause: Counter[str] = Counter()
    for row in rows:
        by_state[row["status"]] += row["count"]
        if row["stuck"] is not None:
            by_cause[row["stuck"]] += row["count"]
    overdue = await connection.fetch(
        "SELECT count(*), coalesce(extract(epoch FROM clock_timestamp() - min(due_at)), 0)::float AS oldest "
        "FROM needs WHERE due_at <= clock_timestamp()"
    )
    return OpenNeeds(by_state, by_cause, overdue[0]["count"], overdue[0]["oldest"])


async def lock_needs(connection: Connection, need_ids: Collection[UUID]) -> dict[UUID, Need]:
    """The needs that there are, with their offers, locked until the transaction ends."""
    rows = await connection.fetch(
        "SELECT * FROM needs WHERE need_id = ANY($1::uuid[]) ORDER BY need_id FOR UPDATE", list(need_ids)
    )
    return await _with_offers(connection, rows)


async def lock_due_needs(connection: Connection, limit: int) -> dict[UUID, Need]:
    """Needs with something due, passing over those that somebody else has in hand."""
    rows = await connection.fetch(
        "SELECT * FROM needs WHERE due_at <= clock_timestamp() ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED", limit
    )
    return await _with_offers(connection, rows)


async def needs_with_live_offers(connection: Connection, partner_ids: Collection[UUID]) -> list[tuple[UUID, UUID]]:
    """(need, partner) for what partners are asked or have claimed."""
    rows = await connection.fetch(
        "SELECT need_id, partner_id FROM offers "
        "WHERE partner_id = ANY($1::uuid[]) AND status IN ('open', 'claimed', 'contacted')",
        list(partner_ids),
    )
    return [(row["need_id"], row["partner_id"]) for row in rows]


async def intake_versions(connection: Connection, need_ids: Collection[UUID]) -> dict[UUID, int]:
    """By need, the newest of intake's versions that was applied."""
    rows = await connection.fetch(
        "SELECT need_id, intake_version FROM needs WHERE need_id = ANY($1::uuid[])", list(need_ids)
    )
    return {row["need_id"]: row["intake_version"] for row in rows}


async def save_needs(connection: Connection, needs: Sequence[Need], intake_versions: Mapping[UUID, int]) -> None:
    """Writes needs with their lines and offers."""
    await connection.execute(
        """
        INSERT INTO needs (need_id, version, intake_version, traceparent, terms, deadline, status, stuck, wave,
                           attempt, confirm_by, look_again_at, due_at)
        SELECT * FROM unnest($1::uuid[], $2::int[], $3::int[], $4::text[], $5::jsonb[], $6::timestamptz[], $7::text[],
                             $8::text[], $9::int[], $10::int[], $11::timestamptz[], $12::timestamptz[],
                             $13::timestamptz[])
            ON CONFLICT (need_id) DO UPDATE
           SET version = excluded.version, intake_version = greatest(needs.intake_version, excluded.intake_version),
               terms = excluded.terms, deadline = excluded.deadline, status = excluded.status, stuck = excluded.stuck,
               wave = excluded.wave, attempt = excluded.attempt, confirm_by = excluded.confirm_by,
               look_again_at = excluded.look_again_at, due_at = excluded.due_at
        """,
        *to_columns([_need_row(need, intake_versions.get(need.need_id, 0)) for need in needs], 13),
    )
    await _save_offers(connection, [(need.need_id, offer) for need in needs for offer in need.offers])
    await _save_lines(connection, needs)


async def _save_lines(connection: Connection, needs: Sequence[Need]) -> None:
    lines = [
        (need.need_id, item.line, item.quantity, held[item.line])
        for need in needs
        for held in (need.held,)
        for item in need.terms.items
    ]
    await connection.execute(
        """
        INSERT INTO need_lines (need_id, line, quantity, held)
        SELECT * FROM unnest($1::uuid[], $2::int[], $3::int[], $4::int[])
            ON CONFLICT (need_id, line) DO UPDATE SET quantity = excluded.quantity, held = excluded.held
        """,
        *to_columns(lines, 4),
    )


async def _save_offers(connection: Connection, offers: Sequence[tuple[UUID, Offer]]) -> None:
    rows = [
        (
            offer.offer_id,
            need_id,
            offer.partner_id,
            offer.service_id,
            offer.wave,
            offer.terms.number,
            offer.terms.model_dump(mode="json"),
            offer.status,
            offer.since,
            offer.due,
            offer.reminded,
            offer.scheduled,
            offer.schedules,
            offer.unreached,
            offer.contact_id,
            _to_json(offer.quantities),
            _to_json(offer.waived),
            offer.withdrawal,
            offer.decline,
        )
        for need_id, offer in offers
    ]
    await connection.execute(
        """
        INSERT INTO offers (offer_id, need_id, partner_id, service_id, wave, number, terms, status, since, due,
                            reminded, scheduled, schedules, unreached, contact_id, quantities, waived, withdrawal,
                            decline)
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::int[], $6::int[], $7::jsonb[],
                             $8::text[], $9::timestamptz[], $10::timestamptz[], $11::boolean[], $12::timestamptz[],
                             $13::int[], $14::int[], $15::uuid[], $16::jsonb[], $17::jsonb[], $18::text[], $19::text[])
            ON CONFLICT (offer_id) DO UPDATE
           SET status = excluded.status, since = excluded.since, due = excluded.due, reminded = excluded.reminded,
               scheduled = excluded.scheduled, schedules = excluded.schedules, unreached = excluded.unreached,
               contact_id = excluded.contact_id, quantities = excluded.quantities, waived = excluded.waived,
               withdrawal = excluded.withdrawal, decline = excluded.decline
         WHERE (offers.status, offers.since, offers.reminded, offers.schedules, offers.unreached) IS DISTINCT FROM
               (excluded.status, excluded.since, excluded.reminded, excluded.schedules, excluded.unreached)
        """,
        *to_columns(rows, 19),
    )


def _to_json(quantities: Mapping[int, int]) -> dict[str, int]:
    return {str(line): quantity for line, quantity in quantities.items()}


def _from_json(quantities: Mapping[str, int]) -> dict[int, int]:
    return {int(line): quantity for line, quantity in quantities.items()}


async def records_of(connection: Connection, partner_ids: Collection[UUID] | None = None) -> dict[UUID, Record]:
    """How these partners, or all, were asked and answered. What was a month longer ago counts half."""
    rows = await connection.fetch(
        """
        SELECT partner_id, service_id,
               count(*) FILTER (WHERE status = 'open') AS open_offers,
               count(*) FILTER (WHERE made_at > now() - interval '7 days') AS messages_this_week,
               coalesce(sum(weight) FILTER (WHERE status NOT IN ('open', 'withdrawn', 'undone')), 0) AS asked,
               coalesce(sum(weight) FILTER (WHERE status IN ('claimed', 'contacted', 'completed')), 0) AS said_yes,
               count(*) FILTER (WHERE made_at > now() - interval '7 days'
                                  AND status IN ('claimed', 'contacted', 'completed')) AS claims_this_week,
               count(*) FILTER (WHERE status IN ('claimed', 'contacted')) AS claims_in_hand
          FROM offers, power(0.5, extract(epoch FROM now() - made_at)::float / 2592000) AS weight
         WHERE ($1::uuid[] IS NULL OR partner_id = ANY($1)) AND made_at > now() - interval '180 days'
         GROUP BY partner_id, service_id
        """,
        None if partner_ids is None else list(partner_ids),
    )
    found: dict[UUID, Record] = {}
    for row in rows:
        before = found.get(row["partner_id"], Record())
        found[row["partner_id"]] = Record(
            open_offers=before.open_offers + row["open_offers"],
            messages_this_week=before.messages_this_week + row["messages_this_week"],
            asked=before.asked + row["asked"],
            said_yes=before.said_yes + row["said_yes"],
            claims={**before.claims, row["service_id"]: Claims(row["claims_this_week"], row["claims_in_hand"])},
        )
    return found


async def yes_chances(connection: Connection) -> dict[Category, float]:
    """How often partners say yes to each kind of help: by Laplace's rule of succession, so never always or never."""
    rows = await connection.fetch(
        """
        SELECT item->>'code' AS code, count(*) AS asked,
               count(*) FILTER (WHERE status IN ('claimed', 'contacted', 'completed')) AS said_yes
          FROM offers, jsonb_array_elements(terms->'items') AS item
         WHERE made_at > now() - interval '180 days' AND status NOT IN ('open', 'withdrawn', 'undone')
         GROUP BY 1
        """
    )
    asked, said_yes = Counter[Category](), Counter[Category]()
    for row in rows:
        category = ITEM_KINDS[row["code"]].category
        asked[category] += row["asked"]
        said_yes[category] += row["said_yes"]
    return {category: (said_yes[category] + 1) / (count + 2) for category, count in asked.items()}


async def take_numbers(connection: Connection, wanted: Mapping[UUID, int]) -> dict[UUID, list[int]]:
    """So many offer numbers for each partner, of those that are available; locks the partners' rows."""
    partner_ids = sorted(wanted)
    await connection.execute(
        "INSERT INTO partners (partner_id, version, available) SELECT unnest($1::uuid[]), 0, true "
        "ON CONFLICT DO NOTHING",
        partner_ids,
    )
    await connection.execute(
        "SELECT FROM partners WHERE partner_id = ANY($1::uuid[]) ORDER BY partner_id FOR UPDATE", partner_ids
    )
    rows = await connection.fetch(
        """
        UPDATE partners SET offers_made = offers_made + wanted.count
          FROM unnest($1::uuid[], $2::int[]) AS wanted (partner_id, count)
         WHERE partners.partner_id = wanted.partner_id AND available
        RETURNING partners.partner_id, offers_made - wanted.count AS before, wanted.count
        """,
        partner_ids,
        [wanted[partner_id] for partner_id in partner_ids],
    )
    return {
        row["partner_id"]: [_NUMBERS[(row["before"] + step) % len(_NUMBERS)] for step in range(row["count"])]
        for row in rows
    }


async def count_offers(connection: Connection, offers: Sequence[tuple[UUID, datetime]]) -> None:
    """(offer, when it was made) that were written back: dated as they were, and their partners' numbers used up."""
    await connection.execute(
        """
        WITH made AS (
            UPDATE offers SET made_at = made.at FROM unnest($1::uuid[], $2::timestamptz[]) AS made (offer_id, at)
             WHERE offers.offer_id = made.offer_id
            RETURNING partner_id
        )
        INSERT INTO partners (partner_id, version, available, offers_made)
        SELECT partner_id, 0, true, count(*) FROM made GROUP BY partner_id ORDER BY partner_id
            ON CONFLICT (partner_id) DO UPDATE SET offers_made = partners.offers_made + excluded.offers_made
        """,
        *to_columns(offers, 2),
    )


async def save_partners(connection: Connection, partners: Iterable[tuple[UUID, int, bool]]) -> set[UUID]:
    """(partner, version, available): what is older than what is known is left out. Returns who was not left out."""
    rows = await connection.fetch(
        """
        INSERT INTO partners (partner_id, version, available)
        SELECT * FROM unnest($1::uuid[], $2::int[], $3::boolean[])
            ON CONFLICT (partner_id) DO UPDATE SET version = excluded.version, available = excluded.available
         WHERE partners.version < excluded.version
        RETURNING partner_id
        """,
        *to_columns(sorted(partners), 3),
    )
    return {row["partner_id"] for row in rows}


def _need_row(need: Need, intake_version: int) -> tuple[Any, ...]:
    return (
        need.need_id,
        need.version,
        intake_version,
        need.traceparent,
        need.terms.model_dump(mode="json"),
        need.deadline,
        need.status,
        need.stuck,
        need.wave,
        need.attempt,
        need.confirm_by,
        need.look_again_at,
        need.next_due,
    )


async def _with_offers(connection: Connection, rows: Sequence[asyncpg.Record]) -> dict[UUID, Need]:
    offers: dict[UUID, list[Offer]] = {row["need_id"]: [] for row in rows}
    for row in await connection.fetch(
        "SELECT * FROM offers WHERE need_id = ANY($1::uuid[]) ORDER BY wave, made_at, offer_id", list(offers)
    ):
        offers[row["need_id"]].append(_read_offer(row))
    return {row["need_id"]: _read_need(row, tuple(offers[row["need_id"]])) for row in rows}


def _read_need(row: asyncpg.Record, offers: tuple[Offer, ...]) -> Need:
    return Need(
        need_id=row["need_id"],
        traceparent=row["traceparent"],
        version=row["version"],
        terms=NeedTerms.model_validate(row["terms"]),
        deadline=row["deadline"],
        status=NeedStatus(row["status"]),
        stuck=StuckCause(row["stuck"]) if row["stuck"] else None,
        wave=row["wave"],
        attempt=row["attempt"],
        confirm_by=row["confirm_by"],
        look_again_at=row["look_again_at"],
        offers=offers,
    )


def _read_offer(row: asyncpg.Record) -> Offer:
    return Offer(
        offer_id=row["offer_id"],
        partner_id=row["partner_id"],
        service_id=row["service_id"],
        wave=row["wave"],
        terms=OfferTerms.model_validate(row["terms"]),
        status=OfferStatus(row["status"]),
        since=row["since"],
        due=row["due"],
        reminded=row["reminded"],
        scheduled=row["scheduled"],
        schedules=row["schedules"],
        unreached=row["unreached"],
        contact_id=row["contact_id"],
        quantities=_from_json(row["quantities"]),
        waived=_from_json(row["waived"]),
        withdrawal=WithdrawalReason(row["withdrawal"]) if row["withdrawal"] else None,
        decline=DeclineReason(row["decline"]) if row["decline"] else None,
    )
