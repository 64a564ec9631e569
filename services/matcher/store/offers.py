"""Offers, and how they were answered."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from schemas.event import OfferTerms
from schemas.taxonomy import ITEM_KINDS, Category
from schemas.vocabulary import DeclineReason, WithdrawalReason
from services.matcher.domain.state import Offer, OfferStatus
from services.runtime.database import Connection, to_columns


async def offers_of(connection: Connection, need_ids: Collection[UUID]) -> dict[UUID, tuple[Offer, ...]]:
    """The offers of these needs, in the order in which they were made."""
    offers: dict[UUID, list[Offer]] = {need_id: [] for need_id in need_ids}
    for row in await connection.fetch(
        "SELECT * FROM offers WHERE need_id = ANY($1::uuid[]) ORDER BY wave, made_at, offer_id", list(need_ids)
    ):
        offers[row["need_id"]].append(_read_offer(row))
    return {need_id: tuple(made) for need_id, made in offers.items()}


async def needs_with_live_offers(connection: Connection, partner_ids: Collection[UUID]) -> list[tuple[UUID, UUID]]:
    """(need, partner) for what partners are asked or have claimed."""
    rows = await connection.fetch(
        "SELECT need_id, partner_id FROM offers "
        "WHERE partner_id = ANY($1::uuid[]) AND status IN ('open', 'claimed', 'contacted')",
        list(partner_ids),
    )
    return [(row["need_id"], row["partner_id"]) for row in rows]


async def save_offers(connection: Connection, offers: Sequence[tuple[UUID, Offer]]) -> None:
    """Writes offers, each with its need."""
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
            offer.yes_chance,
        )
        for need_id, offer in offers
    ]
    await connection.execute(
        """
        INSERT INTO offers (offer_id, need_id, partner_id, service_id, wave, number, terms, status, since, due,
                            reminded, scheduled, schedules, unreached, contact_id, quantities, waived, withdrawal,
                            decline, yes_chance)
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::int[], $6::int[], $7::jsonb[],
                             $8::text[], $9::timestamptz[], $10::timestamptz[], $11::boolean[], $12::timestamptz[],
                             $13::int[], $14::int[], $15::uuid[], $16::jsonb[], $17::jsonb[], $18::text[], $19::text[],
                             $20::float[])
            ON CONFLICT (offer_id) DO UPDATE
           SET status = excluded.status, since = excluded.since, due = excluded.due, reminded = excluded.reminded,
               scheduled = excluded.scheduled, schedules = excluded.schedules, unreached = excluded.unreached,
               contact_id = excluded.contact_id, quantities = excluded.quantities, waived = excluded.waived,
               withdrawal = excluded.withdrawal, decline = excluded.decline
         WHERE (offers.status, offers.since, offers.reminded, offers.schedules, offers.unreached) IS DISTINCT FROM
               (excluded.status, excluded.since, excluded.reminded, excluded.schedules, excluded.unreached)
        """,
        *to_columns(rows, 20),
    )


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


def _to_json(quantities: Mapping[int, int]) -> dict[str, int]:
    return {str(line): quantity for line, quantity in quantities.items()}


def _from_json(quantities: Mapping[str, int]) -> dict[int, int]:
    return {int(line): quantity for line, quantity in quantities.items()}


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
        yes_chance=row["yes_chance"],
    )
