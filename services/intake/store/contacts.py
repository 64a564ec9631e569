"""Who chose for themselves how to be written to, who said stop to emails, and which addresses wait for a word."""

from collections.abc import Collection, Sequence
from dataclasses import astuple, dataclass
from datetime import timedelta
from uuid import UUID

import asyncpg

from schemas.vocabulary import Channel
from services.runtime.database import Connection, to_columns

_WAITS = timedelta(days=14)
_A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Question:
    """Whether an address is a contact's own. `address` is None once it waits no more.

    Where there is another to come into use, it asks the one in use whether that is right, and then the other.
    """

    question_id: UUID
    partner_id: UUID
    contact_id: UUID
    channel: Channel
    address: str | None
    then_channel: Channel | None = None
    then_address: str | None = None
    confirmed: bool = False

    @property
    def about(self) -> Channel:
        """Whose address would change."""
        return self.then_channel or self.channel

    @property
    def new_address(self) -> str | None:
        """What would come into use."""
        return self.then_address or self.address


async def choices_of(connection: Connection, partner_ids: Collection[UUID]) -> dict[tuple[UUID, UUID], set[bytes]]:
    """By (partner, contact), for those who chose for themselves: hashes of the addresses that they replaced."""
    rows = await connection.fetch(
        "SELECT partner_id, contact_id, left_behind FROM own_choices WHERE partner_id = ANY($1::uuid[])",
        list(partner_ids),
    )
    return {(row["partner_id"], row["contact_id"]): set(row["left_behind"]) for row in rows}


async def add_choice(connection: Connection, partner_id: UUID, contact_id: UUID, left_behind: Sequence[bytes]) -> None:
    """Remembers that a contact chose, and the hashes of addresses that they replaced."""
    await connection.execute(
        """
        INSERT INTO own_choices (partner_id, contact_id, left_behind) VALUES ($1, $2, $3)
            ON CONFLICT (partner_id, contact_id) DO UPDATE
           SET left_behind = own_choices.left_behind || excluded.left_behind
        """,
        partner_id,
        contact_id,
        left_behind,
    )


async def forget_contacts_of(connection: Connection, partner_id: UUID) -> None:
    """Nothing is known any more of what this partner's contacts said."""
    await connection.execute("DELETE FROM own_choices WHERE partner_id = $1", partner_id)
    await connection.execute("DELETE FROM address_questions WHERE partner_id = $1", partner_id)


async def stop_emails(connection: Connection, email_hash: bytes) -> None:
    """No more emails to this address, whichever list brings it back."""
    await connection.execute("INSERT INTO email_opt_outs (email_hash) VALUES ($1) ON CONFLICT DO NOTHING", email_hash)


async def start_emails(connection: Connection, email_hash: bytes) -> None:
    """Emails to this address again."""
    await connection.execute("DELETE FROM email_opt_outs WHERE email_hash = $1", email_hash)


async def emails_stopped(connection: Connection, email_hashes: Sequence[bytes]) -> set[bytes]:
    """Which of these addresses said stop."""
    rows = await connection.fetch(
        "SELECT email_hash FROM email_opt_outs WHERE email_hash = ANY($1::bytea[])", email_hashes
    )
    return {row["email_hash"] for row in rows}


async def ask(connection: Connection, questions: Sequence[Question]) -> None:
    """Makes these wait, each in place of another of its contact and channel. One about the same address goes on."""
    keys = [(one.partner_id, one.contact_id, one.about, one.new_address) for one in questions]
    await connection.execute(
        """
        UPDATE address_questions AS old SET address = NULL, then_address = NULL
          FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[]) AS new (partner_id, contact_id, about, address)
         WHERE (old.partner_id, old.contact_id) = (new.partner_id, new.contact_id)
           AND coalesce(old.then_channel, old.channel) = new.about
           AND coalesce(old.then_address, old.address) <> new.address
        """,
        *to_columns(keys, 4),
    )
    await connection.execute(
        """
        INSERT INTO address_questions
               (question_id, partner_id, contact_id, channel, address, then_channel, then_address)
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[])
            ON CONFLICT (partner_id, contact_id, coalesce(then_channel, channel)) WHERE address IS NOT NULL DO NOTHING
        """,
        *to_columns([astuple(one)[:7] for one in questions], 7),
    )


async def waiting(connection: Connection, partner_ids: Collection[UUID]) -> list[Question]:
    """The questions of these partners' contacts that wait, emails first."""
    rows = await connection.fetch(
        "SELECT * FROM address_questions WHERE partner_id = ANY($1::uuid[]) AND address IS NOT NULL "
        "ORDER BY contact_id, channel",
        list(partner_ids),
    )
    return [_read(row) for row in rows]


async def read_question(connection: Connection, question_id: UUID) -> Question | None:
    """A question, whether it waits or not."""
    row = await connection.fetchrow("SELECT * FROM address_questions WHERE question_id = $1", question_id)
    return _read(row) if row else None


async def close(connection: Connection, question_ids: Collection[UUID], *, confirmed: bool) -> None:
    """These wait no more, and their addresses are gone from here."""
    await connection.execute(
        "UPDATE address_questions SET address = NULL, then_address = NULL, confirmed = $2 "
        "WHERE question_id = ANY($1::uuid[]) AND address IS NOT NULL",
        list(question_ids),
        confirmed,
    )


async def count_asked(connection: Connection, partner_id: UUID, contact_id: UUID | None = None) -> int:
    """How many addresses were asked about for this contact, or all of the partner's, within a day."""
    count: int = await connection.fetchval(
        "SELECT count(*) FROM address_questions "
        "WHERE partner_id = $1 AND ($2::uuid IS NULL OR contact_id = $2) AND asked_at > now() - $3::interval",
        partner_id,
        contact_id,
        _A_DAY,
    )
    return count


async def forget_old(connection: Connection) -> None:
    """Drops questions that nobody answers any more."""
    await connection.execute("DELETE FROM address_questions WHERE asked_at < now() - $1::interval", _WAITS)


def _read(row: asyncpg.Record) -> Question:
    return Question(
        row["question_id"],
        row["partner_id"],
        row["contact_id"],
        Channel(row["channel"]),
        row["address"],
        Channel(row["then_channel"]) if row["then_channel"] else None,
        row["then_address"],
        row["confirmed"],
    )
