"""Needs that wait for approval: asked for, escalated, decided, or over. Until approved, no other service knows them."""

from datetime import UTC, datetime
from uuid import UUID

from schemas.links import ApprovalLink
from schemas.needs import NeedOpened
from schemas.vocabulary import UnmetCause
from services.intake.domain.approval import ApprovalState, begin_now, clocks
from services.intake.domain.need import NeedNotFound, NotPossible
from services.intake.domain.progress import NeedProgress
from services.intake.locking import lock_ongoing
from services.intake.store import approvals, keys, needs
from services.intake.store.letters import Letter, add_letters
from services.intake.store.needs import NeedRow
from services.intake.telling import note, tell
from services.runtime.database import Connection, Pool

_AT_ONCE = 50
MOST_LETTERS_OF_REASON = 500


class ChangedMeanwhile(Exception):
    """What was looked at is not what waits now."""


def approval_link(need_id: UUID, person_id: UUID, expires_at: datetime) -> ApprovalLink:
    """The link for one who may decide. It ends when the asking is over; what it may do, the state decides."""
    return ApprovalLink(need_id, person_id, expires_at)


async def ask_for_approval(connection: Connection, need: NeedRow) -> None:
    """Has whoever may decide asked. The need's row must be locked, or new."""
    escalates_at, expires_at = clocks(need.terms, datetime.now(UTC))
    await approvals.ask(connection, need.need_id, escalates_at, expires_at)
    await note(connection, need, "approvals.approval_asked", {})
    if await approvals.list_deciders(connection, need.need_id):
        await _write_to_deciders(connection, need, expires_at)
    else:
        # There is nobody to wait for.
        await _escalate(connection, need, expires_at)


async def ask_again(pool: Pool, need_id: UUID, site_id: UUID) -> None:
    """Once more, after it was sent back or nobody decided. Raises NeedNotFound, NeedEnded or NotPossible."""
    async with pool.acquire() as connection, connection.transaction():
        need = await lock_ongoing(connection, need_id, site_id)
        if need.progress.status is not NeedProgress.SENT_BACK:
            return
        if need.terms.needed_by <= datetime.now(UTC):
            raise NotPossible("needed_by", "this time has passed; choose one that is still to come")
        await needs.save_status(connection, need_id, NeedProgress.APPROVAL)
        await ask_for_approval(connection, need)


async def approve(pool: Pool, need_id: UUID, person_id: UUID, revision: int) -> None:
    """Lets it go out. What waits no more stays as it is. Raises NeedNotFound or ChangedMeanwhile."""
    async with pool.acquire() as connection, connection.transaction():
        need = await _lock_waiting(connection, need_id, person_id, revision)
        if need is None:
            return
        await _decide(connection, need, ApprovalState.APPROVED, person_id)
        terms = begin_now(need.terms, datetime.now(UTC) - need.created_at)
        await needs.save_terms(connection, need_id, terms)
        await needs.save_status(connection, need_id, NeedProgress.OPEN)
        await tell(connection, need, NeedOpened(need_id=need_id, terms=terms))


async def send_back(pool: Pool, need_id: UUID, person_id: UUID, revision: int, reason: str) -> None:
    """Gives it back to the coordinator, who reads the reason. What waits no more stays as it is.

    Raises NeedNotFound, ChangedMeanwhile, or NotPossible for a reason that says nothing, or too much.
    """
    if not 1 <= len(reason) <= MOST_LETTERS_OF_REASON:
        raise NotPossible("reason", "say in a few words what is missing")
    async with pool.acquire() as connection, connection.transaction():
        need = await _lock_waiting(connection, need_id, person_id, revision)
        if need is None:
            return
        await _decide(connection, need, ApprovalState.SENT_BACK, person_id, reason)
        await needs.save_status(connection, need_id, NeedProgress.SENT_BACK)
        await _write_to_coordinator(connection, need, "need_sent_back")


async def drop_approval(connection: Connection, need: NeedRow, cause: UnmetCause) -> None:
    """The need ends before it went out: there is nobody to tell. The need's row must be locked."""
    await approvals.decide(connection, need.need_id, ApprovalState.DROPPED, None, None)
    await needs.end_unpublished(connection, need.need_id, cause)
    what = "needs.cancelled" if cause is UnmetCause.CANCELLED else "needs.consent_withdrawn"
    await note(connection, need, what, {})


async def look_at_due(pool: Pool) -> int:
    """Asks others where a decision is late, and ends what nobody decided in time. Returns how many it found."""
    async with pool.acquire() as connection:
        due = await approvals.list_due(connection, _AT_ONCE)
        for need_id in due:
            async with connection.transaction():
                await _go_on(connection, need_id)
    return len(due)


async def _go_on(connection: Connection, need_id: UUID) -> None:
    need = await needs.lock_need(connection, need_id, None)
    approval, now = await approvals.read_approval(connection, need_id), datetime.now(UTC)
    if need is None or approval is None or approval.state is not ApprovalState.WAITING:
        return
    if approval.expires_at <= now:
        await approvals.decide(connection, need_id, ApprovalState.EXPIRED, None, None)
        await needs.save_status(connection, need_id, NeedProgress.SENT_BACK)
        await note(connection, need, "approvals.approval_expired", {})
        await _write_to_coordinator(connection, need, "approval_expired")
    elif not approval.escalated and approval.escalates_at <= now:
        await _escalate(connection, need, approval.expires_at)


async def _escalate(connection: Connection, need: NeedRow, expires_at: datetime) -> None:
    before = {one.person_id for one in await approvals.list_deciders(connection, need.need_id)}
    await approvals.escalate(connection, need.need_id)
    await note(connection, need, "approvals.approval_escalated", {})
    await _write_to_deciders(connection, need, expires_at, but_not=before)


async def _lock_waiting(connection: Connection, need_id: UUID, person_id: UUID, revision: int) -> NeedRow | None:
    """The need, locked; None where it waits no more."""
    need = await needs.lock_need(connection, need_id, None)
    approval = await approvals.read_approval(connection, need_id)
    if need is None or approval is None:
        raise NeedNotFound
    if approval.state is not ApprovalState.WAITING or approval.expires_at <= datetime.now(UTC):
        return None
    if person_id not in {one.person_id for one in await approvals.list_deciders(connection, need_id)}:
        raise NeedNotFound
    if approval.revision != revision:
        raise ChangedMeanwhile
    return need


async def _decide(
    connection: Connection, need: NeedRow, state: ApprovalState, person_id: UUID, reason: str | None = None
) -> None:
    await approvals.decide(connection, need.need_id, state, person_id, reason)
    decided = await approvals.read_approval(connection, need.need_id)
    by = decided.decided_name if decided else ""
    await note(connection, need, f"approvals.{state}", {"by": by, "person_id": str(person_id)})


async def _write_to_deciders(
    connection: Connection, need: NeedRow, expires_at: datetime, but_not: frozenset[UUID] | set[UUID] = frozenset()
) -> None:
    facts = {"reference": need.reference, "expires_at": expires_at.isoformat()}
    deciders = [one for one in await approvals.list_deciders(connection, need.need_id) if one.person_id not in but_not]
    await add_letters(
        connection, [Letter("approval_asked", one.person_id, about=need.need_id, facts=facts) for one in deciders]
    )


async def _write_to_coordinator(connection: Connection, need: NeedRow, what: str) -> None:
    coordinator = await keys.coordinator_of(connection, need.need_id)
    if coordinator is not None:
        facts = {"reference": need.reference}
        await add_letters(connection, [Letter(what, coordinator.person_id, about=need.need_id, facts=facts)])
