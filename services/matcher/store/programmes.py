"""Programmes: their seats, and how many of them are free in their term."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from schemas.event import Programme
from services.matcher.domain.programmes import SEAT, ServiceKey, is_over
from services.runtime.database import Connection, to_columns


@dataclass(frozen=True)
class Seats:
    """A programme, and how many of its seats no claim holds; fewer than none where it gave up seats since."""

    programme: Programme
    free: int

    def are_closed(self, day: date) -> bool:
        """Whether it takes nobody on that day: it is full, or over."""
        return self.free < 1 or is_over(self.programme, day)


async def save_programmes(connection: Connection, programmes: Mapping[UUID, Mapping[UUID, Programme]]) -> None:
    """By partner, its programmes by service: these and no others."""
    rows = [
        (partner_id, service_id, programme.seats, programme.begins, programme.ends)
        for partner_id, by_service in sorted(programmes.items())
        for service_id, programme in sorted(by_service.items())
    ]
    await connection.execute(
        """
        DELETE FROM programmes
         WHERE partner_id = ANY($1::uuid[])
           AND (partner_id, service_id) NOT IN (SELECT * FROM unnest($2::uuid[], $3::uuid[]))
        """,
        sorted(programmes),
        [row[0] for row in rows],
        [row[1] for row in rows],
    )
    await connection.execute(
        """
        INSERT INTO programmes (partner_id, service_id, seats, begins, ends)
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::date[], $5::date[])
            ON CONFLICT (partner_id, service_id) DO UPDATE
           SET seats = excluded.seats, begins = excluded.begins, ends = excluded.ends
        """,
        *to_columns(rows, 5),
    )


async def lock_programmes(connection: Connection, services: Collection[ServiceKey]) -> None:
    """Locks those of the services that are programmes until the transaction ends: one award of a seat at a time."""
    await connection.execute(
        """
        SELECT FROM programmes
         WHERE (partner_id, service_id) IN (SELECT * FROM unnest($1::uuid[], $2::uuid[]))
         ORDER BY partner_id, service_id FOR UPDATE
        """,
        *to_columns(sorted(services), 2),
    )


async def seats_of(connection: Connection, services: Collection[ServiceKey]) -> dict[ServiceKey, Seats]:
    """The seats of those of the services that are programmes.

    A claim counts for the term that its offer named (or was made in), and takes the seats that it names, or one.
    """
    rows = await connection.fetch(
        """
        SELECT programmes.*, (programmes.seats - coalesce(sum(claim.taken), 0))::int AS free
          FROM programmes
          LEFT JOIN LATERAL (
               SELECT coalesce((SELECT sum((quantities->>(item->>'line'))::int)
                                  FROM jsonb_array_elements(terms->'items') AS item WHERE item->>'code' = $3), 1)
                      AS taken
                 FROM offers
                WHERE offers.service_id = programmes.service_id AND offers.partner_id = programmes.partner_id
                  AND status IN ('claimed', 'contacted', 'completed')
                  AND coalesce((terms->'programme'->>'begins')::date, made_at::date) <= programmes.ends
                  AND coalesce((terms->'programme'->>'ends')::date, made_at::date) >= programmes.begins
               ) AS claim ON true
         WHERE (programmes.partner_id, programmes.service_id) IN (SELECT * FROM unnest($1::uuid[], $2::uuid[]))
         GROUP BY programmes.partner_id, programmes.service_id
        """,
        *to_columns(sorted(services), 2),
        SEAT,
    )
    return {
        (row["partner_id"], row["service_id"]): Seats(
            Programme(seats=row["seats"], begins=row["begins"], ends=row["ends"]), row["free"]
        )
        for row in rows
    }


async def closed_programmes(connection: Connection, day: date) -> frozenset[ServiceKey]:
    """All programmes that take nobody on that day."""
    rows = await connection.fetch("SELECT partner_id, service_id FROM programmes")
    seats = await seats_of(connection, [(row["partner_id"], row["service_id"]) for row in rows])
    return frozenset(service for service, one in seats.items() if one.are_closed(day))
