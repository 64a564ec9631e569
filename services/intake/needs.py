"""What can be done with a need. Each is one transaction: the need's row locked, state and event written together."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid4

import asyncpg

from schemas.event import NeedEvent
from schemas.needs import ConsentWithdrawn, NeedCancelled, NeedOpened
from schemas.responses import FamilyConfirmed, FamilyDisputed
from schemas.topics import ServiceName
from schemas.vocabulary import Answerer, CancelReason
from services.intake.domain.family import Family
from services.intake.domain.households import marks_of
from services.intake.domain.need import EnteredNeed, NotPossible, to_terms
from services.intake.domain.progress import NeedProgress, Progress
from services.intake.sealing import Seal
from services.intake.store import households, keys, needs
from services.intake.store.needs import HistoryEntry, NeedFilter, NeedRow
from services.runtime import outbox
from services.runtime.database import Connection, Pool
from services.runtime.tracing import current_traceparent


class NeedNotFound(LookupError):
    """There is no such need, or it is none of the caller's."""


class NeedEnded(ValueError):
    """The need has ended: nothing can be changed any more."""


class KeyUsedOtherwise(ValueError):
    """The idempotency key was used with another body."""


@dataclass(frozen=True)
class Entry:
    """Who enters a need, and under which idempotency key. Without a site, the only one there is is meant."""

    caller: str
    site_id: UUID | None
    person_id: UUID | None = None
    key: str | None = None


@dataclass(frozen=True)
class Page:
    """Needs, newest first, and where to go on; no cursor at the end."""

    needs: list[NeedRow]
    cursor: str | None


async def open_need(pool: Pool, seal: Seal, entered: EnteredNeed, entry: Entry) -> NeedRow:
    """Takes a need in. The same key and body again give the same need.

    Raises NotPossible, which names the field, or KeyUsedOtherwise.
    """
    body_hash = hashlib.sha256(entered.model_dump_json().encode()).digest()
    async with pool.acquire() as connection:
        for _ in range(2):
            if (known := await _find_known(connection, entry, body_hash)) is not None:
                return known
            try:
                return await _add(connection, seal, entered, entry, body_hash)
            except asyncpg.UniqueViolationError as error:
                # Two of the same at once: the other one won, and is found in the next round.
                if error.constraint_name != "idempotency_keys_pkey":
                    raise
    raise KeyUsedOtherwise("this Idempotency-Key is being used right now; try again")


async def _find_known(connection: Connection, entry: Entry, body_hash: bytes) -> NeedRow | None:
    if entry.key is None:
        return None
    found = await needs.find_key(connection, entry.caller, entry.key)
    if found is None:
        return None
    if found[0] != body_hash:
        raise KeyUsedOtherwise("this Idempotency-Key was used with another body; use a new key for a new need")
    return await needs.read_need(connection, found[1], None)


async def _add(connection: Connection, seal: Seal, entered: EnteredNeed, entry: Entry, body_hash: bytes) -> NeedRow:
    now = datetime.now(UTC)
    need_id = uuid4()
    async with connection.transaction():
        site_id = await _choose_site(connection, entered, entry)
        terms = to_terms(entered, site_id, now)
        progress = Progress(NeedProgress.OPEN, None, None, 0)
        traceparent = current_traceparent()
        while True:
            reference = str(100_000 + secrets.randbelow(900_000))
            need = NeedRow(
                need_id,
                reference,
                site_id,
                entry.person_id,
                1,
                terms,
                traceparent,
                now,
                withdrawn=False,
                progress=progress,
            )
            if await needs.add_need(connection, need, seal.close(entered.family, need_id)):
                break
        await households.add_marks(connection, need_id, _hash_marks(seal, entered.family))
        if entry.key is not None:
            await needs.remember_key(connection, entry.caller, entry.key, body_hash, need_id)
        await _tell(connection, need, NeedOpened(need_id=need_id, terms=terms), 1)
    return need


def _hash_marks(seal: Seal, family: Family) -> list[tuple[str, bytes]]:
    return [(mark.kind, seal.hash_mark(mark.kind, mark.text)) for mark in marks_of(family)]


async def _choose_site(connection: Connection, entered: EnteredNeed, entry: Entry) -> UUID:
    if entry.site_id is not None:
        if entered.site_id not in {None, entry.site_id}:
            raise NotPossible("site_id", "this is not your site; leave it out")
        return entry.site_id
    site_id = entered.site_id or await keys.first_site(connection)
    if site_id is None or not await keys.site_exists(connection, site_id):
        raise NotPossible("site_id", "name the site that the need belongs to")
    return site_id


async def cancel_need(pool: Pool, need_id: UUID, site_id: UUID | None, reason: CancelReason) -> NeedRow:
    """Takes a need back. Raises NeedNotFound or NeedEnded."""
    async with pool.acquire() as connection, connection.transaction():
        need = await _lock_open(connection, need_id, site_id)
        version = await needs.next_version(connection, need_id)
        await _tell(connection, need, NeedCancelled(need_id=need_id, reason=reason), version)
    return need


async def withdraw_consent(pool: Pool, need_id: UUID, site_id: UUID | None) -> NeedRow:
    """The family no longer agrees: nothing more is sent, to anyone, from now. Raises NeedNotFound."""
    async with pool.acquire() as connection, connection.transaction():
        need = await needs.lock_need(connection, need_id, site_id)
        if need is None:
            raise NeedNotFound
        if not need.withdrawn:
            await needs.mark_withdrawn(connection, need_id)
            version = await needs.next_version(connection, need_id)
            await _tell(connection, need, ConsentWithdrawn(need_id=need_id), version)
    return need


async def answer_for_family(pool: Pool, need_id: UUID, site_id: UUID | None, by: Answerer, *, arrived: bool) -> NeedRow:
    """It arrived, or it did not. Raises NeedNotFound or NeedEnded."""
    async with pool.acquire() as connection, connection.transaction():
        need = await _lock_open(connection, need_id, site_id)
        version = await needs.next_version(connection, need_id)
        made = FamilyConfirmed if arrived else FamilyDisputed
        await _tell(connection, need, made(need_id=need_id, by=by), version)
    return need


async def read_need(pool: Pool, need_id: UUID, site_id: UUID | None) -> tuple[NeedRow, list[HistoryEntry]]:
    """A need with all that happened to it. Raises NeedNotFound."""
    async with pool.acquire() as connection:
        need = await needs.read_need(connection, need_id, site_id)
        if need is None:
            raise NeedNotFound
        return need, await needs.read_history(connection, need_id)


async def list_needs(pool: Pool, wanted: NeedFilter, limit: int, cursor: str | None) -> Page:
    """A page of needs. Raises NotPossible for a cursor that is none of ours."""
    try:
        after = needs.from_cursor(cursor) if cursor else None
    except ValueError as error:
        raise NotPossible("cursor", "this is not a cursor; leave it out to begin anew") from error
    async with pool.acquire() as connection:
        found = await needs.list_needs(connection, wanted, limit + 1, after)
    more = len(found) > limit
    return Page(found[:limit], needs.to_cursor(found[limit - 1]) if more else None)


async def _lock_open(connection: Connection, need_id: UUID, site_id: UUID | None) -> NeedRow:
    need = await needs.lock_need(connection, need_id, site_id)
    if need is None:
        raise NeedNotFound
    if need.progress.status.ended:
        raise NeedEnded
    return need


async def _tell(connection: Connection, need: NeedRow, event: NeedEvent, version: int) -> None:
    await outbox.publish(
        connection, ServiceName.INTAKE, [outbox.Outgoing(event, need.need_id, version, need.traceparent)]
    )
    what = event.type.removeprefix("switchboard.").removesuffix(".v1")
    facts = event.model_dump(mode="json", exclude={"need_id", "terms"})
    entry = HistoryEntry(need.need_id, ServiceName.INTAKE, "", version, datetime.now(UTC), what, facts)
    await needs.add_history(connection, [entry])
