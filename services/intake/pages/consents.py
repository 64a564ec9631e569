"""`/needs/{need_id}/consent`: the family signs, on this screen or on paper, and can take it back."""

import secrets
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError
from starlette.datastructures import FormData

from schemas.vocabulary import IdentityRecord, PartnerKind
from services.intake import consents, needs
from services.intake.consents import TakenBy
from services.intake.domain.consent import EnteredWrittenConsent, SignedHow
from services.intake.domain.need import NeedEnded, NotPossible
from services.intake.pages.page_route import PageRoute
from services.intake.pages.rendering import show, words_for
from services.intake.pages.visitors import OnDesk, SignedIn
from services.intake.store import offers, partners
from services.intake.store.people import Person

router = APIRouter(prefix="/needs/{need_id}/consent", route_class=PageRoute)


@router.get("")
async def show_form(request: Request, need_id: UUID, person: SignedIn, desk: OnDesk) -> Response:
    """What the family agrees to, in its own words, to be signed."""
    return await _show(request, need_id, person, desk, {}, {})


@router.post("")
async def sign(request: Request, need_id: UUID, person: SignedIn, desk: OnDesk) -> Response:
    """Takes down what was signed."""
    form = await request.form()
    words = words_for(request, person.language)
    try:
        entered = EnteredWrittenConsent.model_validate(_read(form, person.time_zone))
        taken_by = TakenBy(f"person:{person.person_id}", str(form.get("key", "")))
        await consents.record_consent(desk.pool, desk.seal, need_id, person.site_id, entered, taken_by)
    except ValidationError as error:
        found = ([part for part in problem["loc"] if isinstance(part, str)] for problem in error.errors())
        places = {names[-1] for names in found if names and names != ["signature"]}
        if not form.getlist("to"):
            places.add("to")
        return await _show(request, need_id, person, desk, form, {name: words(f"sign.bad_{name}") for name in places})
    except NotPossible as error:
        name = error.field.rpartition(".")[2]
        return await _show(request, need_id, person, desk, form, {name: words(f"sign.bad_{name}")})
    except NeedEnded:
        pass  # The page of the need says how it ended.
    return RedirectResponse(f"/needs/{need_id}", 303)


@router.post("/take-back")
async def take_back(need_id: UUID, person: SignedIn, desk: OnDesk) -> Response:
    """The family no longer wants to be known; the search goes on without a name."""
    await consents.take_back_disclosure(desk.pool, need_id, person.site_id)
    return RedirectResponse(f"/needs/{need_id}", 303)


def _read(form: FormData, zone: str) -> dict[str, object]:
    to = [str(one) for one in form.getlist("to")]
    kinds = set(PartnerKind)
    return {
        "records": [str(one) for one in form.getlist("records")],
        "partner_kinds": [one for one in to if one in kinds],
        "partner_ids": [one for one in to if one not in kinds],
        "signature": {
            "by": str(form.get("by", "")),
            "how": str(form.get("how", "")),
            "on": str(form.get("on", "")) or datetime.now(ZoneInfo(zone)).date().isoformat(),
        },
    }


async def _show(
    request: Request,
    need_id: UUID,
    person: Person,
    desk: OnDesk,
    typed: FormData | dict[str, str],
    problems: dict[str, str],
) -> Response:
    need, _ = await needs.read_need(desk.pool, need_id, person.site_id)
    async with desk.pool.acquire() as connection:
        claimed = [one.partner_id for one in await offers.offers_of(connection, need_id) if one.state == "awarded"]
        named = await partners.partner_names(connection, claimed)
    chosen = typed if isinstance(typed, FormData) else FormData()
    return show(
        request,
        "sign.html",
        status_code=422 if problems else 200,
        own_language=person.language,
        need=need,
        person=person,
        named=named,
        kinds=PartnerKind,
        records=IdentityRecord,
        hows=SignedHow,
        today=datetime.now(ZoneInfo(person.time_zone)).date(),
        chosen_to={str(one) for one in chosen.getlist("to")},
        chosen_records={str(one) for one in chosen.getlist("records")},
        chosen_how=str(chosen.get("how", SignedHow.ON_SCREEN)),
        by=str(chosen.get("by", "")),
        key=str(chosen.get("key", "")) or secrets.token_urlsafe(16),
        problems=problems,
    )
