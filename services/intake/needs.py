"""What can be done with a need. Each is one transaction: the need's row locked, state and event written together."""

import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import asyncpg

from schemas.needs import ConsentWithdrawn, NeedCancelled, NeedOpened, NeedTerms
from schemas.responses import FamilyConfirmed, FamilyDisputed
from schemas.vocabulary import Answerer, CancelReason, ConsentKind, UnmetCause
from services.intake import raising, referring
from services.intake.approving import ask_for_approval, drop_approval
from services.intake.consents import end_consents
from services.intake.domain.consent import Consent, Purpose
from services.intake.domain.households import marks_of
from services.intake.domain.need import EnteredNeed, NeedEnded, NeedFacts, NeedNotFound, NotPossible, to_terms
from services.intake.domain.partner_notes import check_partner_notes
from services.intake.domain.progress import NeedProgress, Progress, familys_answer
from services.intake.sealing import Seal, SealedFamily
from services.intake.store import approvals, consents, households, keys, needs
from services.intake.store.needs import HistoryEntry, NeedFilter, NeedRow
from services.intake.telling import tell
from services.runtime.database import Connection, Pool
from services.runtime.tracing import current_traceparent


class KeyUsedOtherwise(ValueError):
    """The idempotency key was used with another body."""


@dataclass(frozen=True)
class Entry:
    """Who enters a need, and under which idempotency key. Without a site, the only one there is is meant.

    A partner that refers a family has to name the site.
    """

    caller: str
    site_id: UUID | None
    person_id: UUID | None = None
    key: str | None = None
    referred_by: UUID | None = None
    raised_id: UUID | None = None
    """What a colleague raised, and this completes."""


@dataclass(frozen=True)
class _Prepared:
    """A need that is about to come in, with all that is made of its family."""

    need_id: UUID
    entered: EnteredNeed
    body_hash: bytes
    sealed: SealedFamily
    marks: list[tuple[str, bytes]]


@dataclass(frozen=True)
class Page:
    """Needs, newest first, and where to go on; no cursor at the end."""

    needs: list[NeedRow]
    cursor: str | None


async def open_need(pool: Pool, seal: Seal, entered: EnteredNeed, entry: Entry) -> NeedRow:
    """Takes a need in. The same key and body again give the same need, standing where it began.

    Raises NotPossible, which names the field, or KeyUsedOtherwise.
    """
    check_partner_notes(entered)
    need_id = uuid4()
    # Before anything is locked: a key keeper may be asked over a network.
    prepared = _Prepared(
        need_id,
        entered,
        seal.hash_mark("request", entered.model_dump_json()),
        await seal.close(entered.family, need_id),
        [(mark.kind, seal.hash_mark(mark.kind, mark.text)) for mark in marks_of(entered.family)],
    )
    async with pool.acquire() as connection:
        for _ in range(2):
            if (known := await _find_known(connection, entry, prepared.body_hash)) is not None:
                return known
            try:
                return await _add(connection, prepared, entry)
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
    need = await needs.read_need(connection, found[1], None)
    if need is None:
        return None
    # A repeat gets the very answer that the first one got, however far the need has come since.
    waited = await approvals.read_approval(connection, need.need_id) is not None
    return replace(need, progress=_begin(waits=waited))


def _begin(*, waits: bool) -> Progress:
    return Progress(NeedProgress.APPROVAL if waits else NeedProgress.OPEN, None, None, 0, 0)


async def _add(connection: Connection, prepared: _Prepared, entry: Entry) -> NeedRow:
    now, need_id, entered = datetime.now(UTC), prepared.need_id, prepared.entered
    async with connection.transaction():
        if entry.referred_by is not None and entered.site_id is None:
            raise NotPossible("site_id", "name the site that the need belongs to")
        site_id = await choose_site(connection, entered, entry.site_id)
        terms = to_terms(entered, site_id, now).model_copy(update={"referred_by": entry.referred_by})
        waits = (await approvals.read_policy(connection, site_id)).asks(terms)
        traceparent = current_traceparent()
        while True:
            reference = str(100_000 + secrets.randbelow(900_000))
            need = NeedRow(
                need_id,
                reference,
                site_id,
                entry.person_id,
                0,
                terms,
                traceparent,
                now,
                withdrawn=False,
                progress=_begin(waits=waits),
            )
            if await needs.add_need(connection, need, prepared.sealed):
                break
        await households.add_marks(connection, need_id, prepared.marks)
        if entry.key is not None:
            await needs.remember_key(connection, entry.caller, entry.key, prepared.body_hash, need_id)
        if entry.referred_by is not None:
            await referring.refuse_too_many(connection, entry.referred_by)
        await consents.add_consent(connection, need.need_id, _spoken(entered, terms, entry, now), None)
        if entry.raised_id is not None:
            await raising.complete(connection, entry.raised_id, need_id, site_id, entry.person_id)
        if waits:
            await ask_for_approval(connection, need)
        else:
            await tell(connection, need, NeedOpened(need_id=need.need_id, terms=terms))
    return need


def _spoken(entered: EnteredNeed, terms: NeedTerms, entry: Entry, now: datetime) -> Consent:
    return Consent(
        consent_id=uuid4(),
        kind=ConsentKind.SPOKEN,
        purpose=Purpose.FIND_HELP,
        records=frozenset(),
        partner_ids=frozenset(entered.consent.partner_ids),
        partner_kinds=frozenset(),
        excluded_kinds=frozenset(entered.consent.excluded_kinds),
        taken_by=entry.caller,
        since=now,
        until=terms.consent.until,
    )


async def choose_site(connection: Connection, entered: NeedFacts, own_site: UUID | None) -> UUID:
    """Which site a need belongs to, entered by somebody of `own_site` or of all (None). Raises NotPossible."""
    if own_site is not None:
        if entered.site_id not in {None, own_site}:
            raise NotPossible("site_id", "this is not your site; leave it out")
        return own_site
    site_id = entered.site_id or await keys.first_site(connection)
    if site_id is None or not await keys.site_exists(connection, site_id):
        raise NotPossible("site_id", "name the site that the need belongs to")
    return site_id


async def cancel_need(pool: Pool, need_id: UUID, site_id: UUID | None, reason: CancelReason) -> NeedRow:
    """Takes a need back. Raises NeedNotFound or NeedEnded."""
    async with pool.acquire() as connection, connection.transaction():
        need = await _lock_open(connection, need_id, site_id)
        if need.progress.status.unpublished:
            await drop_approval(connection, need, UnmetCause.CANCELLED)
        else:
            await tell(connection, need, NeedCancelled(need_id=need_id, reason=reason))
    return need


async def withdraw_consent(pool: Pool, need_id: UUID, site_id: UUID | None) -> NeedRow:
    """The family no longer agrees: nothing more is sent, to anyone, from now. Raises NeedNotFound."""
    async with pool.acquire() as connection, connection.transaction():
        need = await needs.lock_need(connection, need_id, site_id)
        if need is None:
            raise NeedNotFound
        if not need.withdrawn:
            await needs.mark_withdrawn(connection, need_id)
            if need.progress.status.unpublished:
                await drop_approval(connection, need, UnmetCause.CONSENT_WITHDRAWN)
            else:
                await tell(connection, need, ConsentWithdrawn(need_id=need_id))
            await end_consents(connection, need, ConsentKind)
    return need


async def answer_for_family(
    pool: Pool, need_id: UUID, site_id: UUID | None, by: Answerer, *, arrived: bool
) -> tuple[NeedRow, bool]:
    """It arrived, or it did not. The first answer to a question stands: returns that one beside the need.

    Raises NeedNotFound or NeedEnded.
    """
    async with pool.acquire() as connection, connection.transaction():
        need = await _lock_open(connection, need_id, site_id)
        if need.progress.status is NeedProgress.CONFIRMING:
            history = await needs.read_history(connection, need_id)
            if (said := familys_answer(entry.what for entry in history)) is not None:
                return need, said
        made = FamilyConfirmed if arrived else FamilyDisputed
        await tell(connection, need, made(need_id=need_id, by=by))
    return need, arrived


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
