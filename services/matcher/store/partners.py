"""Partners: whether they are available, their numbers of offers, and how they were asked and answered."""

from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

from services.matcher.domain.ranking import Claims, Record
from services.runtime.database import Connection, to_columns

_NUMBERS = range(10, 10_000)
"""Offer numbers, used in turn: a partner would need 9,990 offers in 30 days to see one twice."""


async def records_of(connection: Connection, partner_ids: Collection[UUID] | None = None) -> dict[UUID, Record]:
    """How these partners, or all, were asked and answered. What was a month longer ago counts half."""
    rows = await connection.fetch(
        """
        SELECT partner_id, service_id,
               count(*) FILTER (WHERE status = 'open') AS open_offers,
               count(*) FILTER (WHERE made_at > now() - interval '7 days')
               + count(*) FILTER (WHERE made_at > now() - interval '7 days'
                                    AND status IN ('open', 'expired', 'withdrawn')) AS messages_this_week,
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
