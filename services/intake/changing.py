"""A need whose quantities or last day change while partners are asked."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

from schemas.event import Item
from schemas.needs import FirstAsk, NeedChanged, NeedTerms
from schemas.taxonomy import ITEM_KINDS
from services.intake.domain.need import NotPossible
from services.intake.locking import lock_ongoing
from services.intake.store import approvals, needs, offers
from services.intake.store.needs import NeedRow
from services.intake.telling import note, tell
from services.runtime.database import Connection, Pool

_ALONE_FOR = timedelta(minutes=15)
"""Long enough to write a yes down that was given by phone."""
_TAPPED_TWICE_WITHIN = timedelta(seconds=10)


def mark_of(terms: NeedTerms) -> str:
    """Differs as soon as somebody has changed what can be changed."""
    quantities = ",".join(str(item.quantity) for item in terms.items)
    return f"{quantities} {terms.needed_by.isoformat()}"


async def change_need(
    pool: Pool,
    need_id: UUID,
    site_id: UUID | None,
    quantities: Mapping[int, int],
    needed_by: datetime | None,
    seen: str | None = None,
) -> NeedRow:
    """Takes new quantities by line, and a new last day; what is left out stays. Partners are asked anew.

    `seen` is the mark of what somebody looked at, where it matters that nobody has changed it meanwhile.
    Raises NeedNotFound, NeedEnded, or NotPossible, which names the field.
    """
    async with pool.acquire() as connection, connection.transaction():
        need = await lock_ongoing(connection, need_id, site_id)
        if needed_by is not None and needed_by <= datetime.now(UTC):
            raise NotPossible("needed_by", "this time has passed; choose one that is still to come")
        items = _changed(need.terms.items, quantities, await _taken(connection, need_id))
        terms = need.terms.model_copy(update={"items": items, "needed_by": needed_by or need.terms.needed_by})
        if terms == need.terms:
            return need
        if seen is not None and seen != mark_of(need.terms):
            raise NotPossible("meanwhile", "somebody has changed it meanwhile; look at it, then change it again")
        await needs.save_terms(connection, need_id, terms)
        if need.progress.status.unpublished:
            await approvals.note_change(connection, need_id)
            await note(connection, need, "needs.changed", {})
        else:
            await _refuse_more_than_approved(connection, need, items)
            await tell(connection, need, NeedChanged(need_id=need_id, terms=terms))
        changed = await needs.read_need(connection, need_id, site_id)
    return changed or need


async def _refuse_more_than_approved(connection: Connection, need: NeedRow, items: tuple[Item, ...]) -> None:
    policy = await approvals.read_policy(connection, need.site_id)
    more = any(after.quantity > before.quantity for before, after in zip(need.terms.items, items, strict=True))
    if more and policy.asks(need.terms.model_copy(update={"items": items})):
        raise NotPossible("approval", "more than this takes an approval; enter a need of its own for the rest")


async def ask_first(pool: Pool, need_id: UUID, site_id: UUID | None, partner_id: UUID) -> NeedRow:
    """Has this partner asked now, alone for a moment, as it has said yes already. Who is asked right now is told.

    A second tap changes nothing. Raises NeedNotFound or NeedEnded.
    """
    async with pool.acquire() as connection, connection.transaction():
        need = await lock_ongoing(connection, need_id, site_id)
        first = FirstAsk(partner_ids=(partner_id,), until=datetime.now(UTC) + _ALONE_FOR)
        if _is_the_same(need.terms.first_ask, first):
            return need
        terms = need.terms.model_copy(update={"first_ask": first})
        await needs.save_terms(connection, need_id, terms)
        await tell(connection, need, NeedChanged(need_id=need_id, terms=terms))
    return need


def _is_the_same(before: FirstAsk | None, first: FirstAsk) -> bool:
    """Whether it is one tap that came twice: it would take back the offer that the first one made."""
    if before is None or before.partner_ids != first.partner_ids:
        return False
    return before.until <= first.until < before.until + _TAPPED_TWICE_WITHIN


async def _taken(connection: Connection, need_id: UUID) -> Counter[int]:
    """By line, what partners have taken."""
    taken: Counter[int] = Counter()
    for offer in await offers.offers_of(connection, need_id):
        if offer.state == "awarded":
            taken.update({line.line: line.quantity for line in offer.awarded})
    return taken


def _changed(items: tuple[Item, ...], quantities: Mapping[int, int], taken: Mapping[int, int]) -> tuple[Item, ...]:
    by_line = {item.line: item for item in items}
    for line, quantity in quantities.items():
        if line not in by_line:
            raise NotPossible("quantities", f"the need has no line {line}")
        least, most = max(taken.get(line, 0), 1), ITEM_KINDS[by_line[line].code].most
        if not least <= quantity <= most:
            raise NotPossible("quantities", f"line {line}: from {least}, which partners have taken, to {most}")
    return tuple(item.model_copy(update={"quantity": quantities.get(item.line, item.quantity)}) for item in items)
