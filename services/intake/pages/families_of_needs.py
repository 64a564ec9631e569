"""`/needs/{need_id}/family` and its visits: who the family is, for its coordinator, who says yes or no to a visit."""

from datetime import UTC, datetime
from uuid import UUID

from babel import Locale
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from schemas.vocabulary import Answerer, IdentityRecord
from services.intake import needs
from services.intake.domain.disclosure_log import Look, LookPurpose, Who
from services.intake.pages.need_status import was_erased
from services.intake.pages.page_route import PageRoute
from services.intake.pages.rendering import show, words_for
from services.intake.pages.visitors import OnDesk, SignedIn
from services.intake.store import disclosures, families, partners
from services.intake.visits import refuse_visit

router = APIRouter(prefix="/needs/{need_id}", route_class=PageRoute)


@router.get("/family")
async def show_family(request: Request, need_id: UUID, person: SignedIn, desk: OnDesk) -> Response:
    """The family. That this coordinator looked is written down before it is shown."""
    need, history = await needs.read_need(desk.pool, need_id, person.site_id)
    async with desk.pool.acquire() as connection, connection.transaction():
        sealed = await families.read_family(connection, need_id)
        if sealed is not None:
            look = Look(
                at=datetime.now(UTC),
                need_id=need_id,
                who=Who.COORDINATOR,
                who_id=person.person_id,
                partner_id=None,
                records=frozenset(IdentityRecord),
                purpose=LookPurpose.COORDINATION,
                consent_id=None,
            )
            await disclosures.add_look(connection, look)
        phones = [sealed.phone_hash] if sealed and sealed.phone_hash else []
        stopped = await partners.opted_out(connection, phones)
    family = await desk.seal.open(sealed, need_id) if sealed else None
    return show(
        request,
        "need_family.html",
        own_language=person.language,
        person=person,
        need=need,
        family=family,
        erased=was_erased(history),
        ways_to_write=family.ways_to_write(texts_stopped=bool(stopped)) if family else (),
        language_names=Locale(words_for(request, person.language).language).languages,
    )


@router.post("/visits/{visit_id}/refuse")
async def refuse(need_id: UUID, visit_id: UUID, person: SignedIn, desk: OnDesk) -> Response:
    """Takes a visit off, with one tap."""
    await refuse_visit(desk.pool, need_id, person.site_id, visit_id, Answerer.COORDINATOR)
    return RedirectResponse(f"/needs/{need_id}", 303)
