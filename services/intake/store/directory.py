"""Partners by what they do, where and for whom."""

from dataclasses import dataclass
from uuid import UUID

from schemas.partners import PartnerRecorded
from schemas.taxonomy import Category
from schemas.vocabulary import LanguageCode, PartnerKind
from services.intake.domain.places import miles_around, miles_to_counties, place_of
from services.runtime.database import Connection


@dataclass(frozen=True)
class Meant:
    """What a typed text may mean: a part of a name, or else these kinds of help, in these ZIP codes."""

    name: str
    categories: frozenset[Category]
    zip_codes: frozenset[str]


@dataclass(frozen=True)
class Wanted:
    """Which partners to find. Except for `kind`, one service has to fit all of it."""

    meant: Meant | None
    category: Category | None
    programme: bool | None
    kind: PartnerKind | None
    language: LanguageCode | None
    zip_code: str | None
    asked_by: UUID | None
    """Not this one, and none that takes no requests now. It finds no sensitive service by where that is."""


@dataclass(frozen=True)
class Listing:
    """A partner, and how many miles away what fits is given; None where nobody asked, or nobody knows."""

    partner: PartnerRecorded
    miles: int | None


@dataclass(frozen=True)
class Found:
    """A page of partners, and how many there are on all."""

    listings: list[Listing]
    total: int


_SEARCH = r"""
    WITH found AS (
    -- Counted and sorted without the records, which are wide.
    SELECT partner_id, fitting.miles, lower(record->>'name') AS name, count(*) OVER () AS total
      FROM partners
     CROSS JOIN LATERAL (
            SELECT count(*) AS services,
                   min(($8::jsonb->>(service->>'zip_code'))::float) FILTER (WHERE NOT hidden) AS miles
              FROM jsonb_array_elements(record->'services') AS service,
           -- Where it is must not get around: neither how far it is, nor that it is in a town that was typed.
           LATERAL (SELECT service->'categories' ?| $15::text[] AS hidden) AS place
             WHERE ($1::text IS NULL OR record->>'name' ILIKE $1
                    OR ((cardinality($2::text[]) > 0 OR cardinality($3::text[]) > 0)
                        AND (cardinality($2) = 0 OR service->'categories' ?| $2)
                        AND (cardinality($3) = 0 OR (NOT hidden AND (service->>'zip_code' = ANY($3)
                             OR service->'area'->>'zip_code' = ANY($3) OR service->'area'->'zip_codes' ?| $3)))))
               AND ($4::text IS NULL OR service->'categories' ? $4)
               AND ($5::boolean IS NULL OR (service->>'programme' IS NOT NULL) = $5)
               AND ($6::text IS NULL OR service->'languages' ? $6)
               AND ($7::text IS NULL OR CASE service->'area'->>'kind'
                        WHEN 'nation' THEN true
                        WHEN 'state' THEN service->'area'->>'state' = $9
                        WHEN 'county' THEN service->'area'->>'state' = $9 AND service->'area'->>'county' = $10
                        WHEN 'zip_codes' THEN service->'area'->'zip_codes' ? $7
                        ELSE (CASE WHEN hidden THEN $16::jsonb ELSE $8 END->>(service->'area'->>'zip_code'))::float
                             <= (service->'area'->>'miles')::float END)
           ) AS fitting
     WHERE NOT removed AND record->>'status' <> 'suspended'
       AND ($11::text IS NULL OR record->>'kind' = $11)
       AND ($12::uuid IS NULL OR (partner_id <> $12 AND record->>'status' = 'active'
                                  AND coalesce((record->>'snoozed_until')::timestamptz <= now(), true)))
       -- Who has no service yet can be found by name.
       AND (fitting.services > 0 OR (num_nonnulls($4, $5, $6, $7) = 0 AND ($1 IS NULL OR record->>'name' ILIKE $1)))
     ORDER BY miles NULLS LAST, name, partner_id
     LIMIT $13 OFFSET $14
    )
    SELECT record, miles, total FROM found JOIN partners USING (partner_id)
     ORDER BY miles NULLS LAST, name, partner_id
"""


async def search(connection: Connection, wanted: Wanted, limit: int, offset: int) -> Found:
    """A page of those that fit, the nearest first. None that is suspended or removed.

    An area of more than `AROUND_MILES` around a ZIP code counts as that.
    """
    meant, place = wanted.meant, place_of(wanted.zip_code) if wanted.zip_code else None
    around = miles_around(wanted.zip_code) if wanted.zip_code else {}
    hidden = [one for one in Category if one.sensitive] if wanted.asked_by else []
    rows = await connection.fetch(
        _SEARCH,
        _anywhere(meant.name) if meant else None,
        sorted(meant.categories) if meant else [],
        sorted(meant.zip_codes) if meant else [],
        wanted.category,
        wanted.programme,
        wanted.language,
        wanted.zip_code,
        dict(around),
        place.state if place else None,
        place.county if place else None,
        wanted.kind,
        wanted.asked_by,
        limit,
        offset,
        hidden,
        dict(miles_to_counties(wanted.zip_code)) if hidden and wanted.zip_code else {},
    )
    listings = [
        Listing(PartnerRecorded.model_validate(row["record"]), None if row["miles"] is None else round(row["miles"]))
        for row in rows
    ]
    return Found(listings, rows[0]["total"] if rows else 0)


def _anywhere(text: str) -> str:
    plain = text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return f"%{plain}%"
