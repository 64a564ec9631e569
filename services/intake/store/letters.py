"""Emails that wait to be sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

from services.runtime.database import Connection

_SENT_WITHIN = timedelta(minutes=1)


@dataclass(frozen=True)
class Letter:
    """Which letter, to whom: a person, or else (email, name, language). `about` is what its link leads to.

    `facts` are filled into its words; one whose name ends in `_at` is a time (ISO 8601), said in the reader's zone.
    """

    what: str
    person_id: UUID | None = None
    to: tuple[str, str, str] | None = None
    about: UUID | None = None
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class DueLetter:
    """A letter on its way, with who reads it."""

    letter_id: UUID
    attempts: int
    what: str
    person_id: UUID | None
    about: UUID | None
    facts: Mapping[str, str]
    name: str
    email: str
    language: str
    time_zone: str


async def add_letters(connection: Connection, letters: Sequence[Letter]) -> None:
    """Has them sent."""
    others = [letter.to or (None, None, None) for letter in letters]
    await connection.execute(
        """
        INSERT INTO letters (letter_id, what, person_id, email, name, language, about, facts)
        SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::uuid[],
                             $8::jsonb[])
        """,
        [uuid4() for _ in letters],
        [letter.what for letter in letters],
        [letter.person_id for letter in letters],
        [email for email, _, _ in others],
        [name for _, name, _ in others],
        [language for _, _, language in others],
        [letter.about for letter in letters],
        [dict(letter.facts) for letter in letters],
    )


async def claim_letters(connection: Connection, at_most: int) -> list[DueLetter]:
    """Takes letters that are due, each out of sight of other copies for a while that grows with its attempts.

    Who is paused gets none, and what nobody took for a week is let go.
    """
    await connection.execute(
        "DELETE FROM letters USING people WHERE people.person_id = letters.person_id AND paused_at IS NOT NULL"
    )
    await connection.execute("DELETE FROM letters WHERE written_at < now() - interval '7 days'")
    rows = await connection.fetch(
        """
        UPDATE letters
           SET attempts = attempts + 1, due_at = now() + least(15 * 2 ^ least(attempts, 10), 300) * interval '1 second'
          FROM (SELECT letter_id, coalesce(person.name, queued.name) AS name,
                       coalesce(person.email, queued.email) AS email,
                       coalesce(person.language, queued.language) AS language,
                       coalesce(time_zone, 'America/New_York') AS time_zone
                  FROM letters AS queued LEFT JOIN people AS person USING (person_id)
                       LEFT JOIN sites ON sites.site_id = person.site_id
                 WHERE due_at <= now() ORDER BY due_at LIMIT $1 FOR UPDATE OF queued SKIP LOCKED) AS due
         WHERE letters.letter_id = due.letter_id
        RETURNING letters.letter_id, attempts, what, person_id, about, facts, due.name, due.email, due.language,
                  due.time_zone
        """,
        at_most,
    )
    return [DueLetter(**row) for row in rows]


async def hold_letter(connection: Connection, letter_id: UUID, attempts: int) -> bool:
    """Keeps a letter out of sight for as long as it takes to send it. False when another copy has taken it meanwhile.

    Those before it may have taken longer than it was claimed for.
    """
    held = await connection.fetchval(
        "UPDATE letters SET due_at = greatest(due_at, now() + $3::interval) WHERE letter_id = $1 AND attempts = $2 "
        "RETURNING true",
        letter_id,
        attempts,
        _SENT_WITHIN,
    )
    return held is not None


async def drop_letter(connection: Connection, letter_id: UUID) -> None:
    """It was sent, or never can be."""
    await connection.execute("DELETE FROM letters WHERE letter_id = $1", letter_id)
