"""`/c/{token}`: how, when and in which language a partner's contact is written to, by their own word."""

from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from schemas.vocabulary import Channel
from services.intake import contacts
from services.intake.contacts import NoAddress, TextsStopped, TooManyAddresses
from services.intake.domain.contacts import Reached
from services.intake.domain.reaching import mask
from services.intake.pages.contact_form import DIGEST_HOURS, WAYS, Typed, read_form, typed_of, zones_for
from services.intake.pages.languages import LANGUAGES
from services.intake.pages.page_route import PageRoute
from services.intake.pages.rendering import show, words_for
from services.intake.pages.visitors import OfContact, OnDesk
from services.intake.store import contacts as contact_rows

router = APIRouter(prefix="/c/{token}", route_class=PageRoute)


@router.get("")
async def show_preferences(request: Request, token: str, reached: OfContact, desk: OnDesk) -> Response:
    """What stands now."""
    return await _show(request, token, reached, desk, typed_of(reached.contact), {})


@router.get("/stop")
async def show_how_to_stop(token: str, _: OfContact) -> Response:
    """For mail programs that open the address at which they could stop by themselves: opening changes nothing."""
    return RedirectResponse(f"/c/{token}", 303)


@router.post("")
async def save(request: Request, token: str, reached: OfContact, desk: OnDesk) -> Response:
    """Takes it as it was chosen, or says what is missing."""
    form = await request.form()
    partner_id, contact_id = reached.partner.partner_id, reached.contact.contact_id
    if "stop" in form:
        await contacts.stop(desk.pool, desk.seal, partner_id, contact_id, set(Channel))
        return _saved(token)
    typed = read_form(form)
    words = words_for(request, reached.contact.language)
    wishes, problems = typed.check(reached.contact, words, datetime.now(UTC))
    if wishes is not None:
        try:
            await contacts.save_wishes(desk.pool, desk.seal, partner_id, contact_id, wishes)
        except TextsStopped:
            problems = {"ways": words("contact.texts_stopped")}
        except TooManyAddresses:
            problems = {"email" if wishes.email else "phone": words("contact.too_many")}
        except NoAddress:
            problems = {"email" if wishes.email else "phone": words("contact.no_address")}
        else:
            return _saved(token)
    return await _show(request, token, reached, desk, typed, problems)


def _saved(token: str) -> Response:
    return RedirectResponse(f"/c/{token}?saved=yes", 303)


async def _show(
    request: Request, token: str, reached: Reached, desk: OnDesk, typed: Typed, problems: dict[str, str]
) -> Response:
    partner, contact = reached.partner, reached.contact
    async with desk.pool.acquire() as connection:
        waiting = [
            (mask(one.address), mask(one.then_address or one.address), one.then_address is not None)
            for one in await contact_rows.waiting(connection, [partner.partner_id])
            if one.contact_id == contact.contact_id and one.address
        ]
    language = words_for(request, contact.language).language
    return show(
        request,
        "contact.html",
        status_code=422 if problems else 200,
        own_language=contact.language,
        token=token,
        partner=partner,
        contact=contact,
        typed=typed,
        waiting=waiting,
        others=any(one.ways for one in partner.contacts if one.contact_id != contact.contact_id),
        addresses={
            Channel.EMAIL: mask(contact.email) if contact.email else "",
            Channel.TEXT: mask(contact.phone) if contact.phone else "",
        },
        ways=WAYS,
        hours=DIGEST_HOURS,
        languages=LANGUAGES,
        zones=zones_for(contact, language),
        today=datetime.now(UTC).date(),
        saved="saved" in request.query_params and not problems,
        problems=problems,
    )
