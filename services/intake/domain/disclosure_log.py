"""Who looked: a log in which each entry's hash covers the one before it.

Who changes an entry, or takes one out, has to change all hashes after it, the newest too: and that one was written
down elsewhere (`switchboard audit verify` prints it). The construction is that of Haber and Stornetta (1991).
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum, auto
from uuid import UUID

from schemas.vocabulary import IdentityRecord

BEGINNING = bytes(32)
"""What the first entry takes for the hash before it."""


class Who(StrEnum):
    """Who was shown something."""

    COORDINATOR = auto()
    CONTACT = auto()


class LookPurpose(StrEnum):
    """Why they were shown it."""

    COORDINATION = auto()
    """The site's own work with the family: a school official (34 CFR 99.31 (a)(1))."""
    ARRANGING_HELP = auto()
    """A partner's person, under a written consent (34 CFR 99.30)."""


@dataclass(frozen=True)
class Look:
    """One person was shown these records of one family. `who_id` is a coordinator or a partner's contact."""

    at: datetime
    need_id: UUID
    who: Who
    who_id: UUID
    partner_id: UUID | None
    records: frozenset[IdentityRecord]
    purpose: LookPurpose
    consent_id: UUID | None


@dataclass(frozen=True)
class Entry:
    """A look in the log."""

    sequence: int
    look: Look
    previous: bytes
    hash: bytes


@dataclass(frozen=True)
class Verdict:
    """What reading the whole log found: how many entries, the newest hash, and the first entry that is wrong."""

    entries: int
    head: bytes
    broken_at: int | None


def chain(look: Look, sequence: int, previous: bytes) -> Entry:
    """The entry that follows one with the hash `previous`."""
    return Entry(sequence, look, previous, _hash(look, sequence, previous))


def verify(entries: Iterable[Entry]) -> Verdict:
    """Reads a log from its beginning."""
    head, count = BEGINNING, 0
    for entry in entries:
        count += 1
        fits = entry.sequence == count and entry.previous == head
        if not fits or entry.hash != _hash(entry.look, entry.sequence, entry.previous):
            return Verdict(count, head, entry.sequence)
        head = entry.hash
    return Verdict(count, head, None)


def _hash(look: Look, sequence: int, previous: bytes) -> bytes:
    said = json.dumps(
        [
            sequence,
            look.at.astimezone(UTC).isoformat(),
            str(look.need_id),
            look.who,
            str(look.who_id),
            str(look.partner_id) if look.partner_id else None,
            sorted(look.records),
            look.purpose,
            str(look.consent_id) if look.consent_id else None,
        ]
    )
    return hashlib.sha256(previous + said.encode()).digest()
