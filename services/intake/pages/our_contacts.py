"""`/our/contacts`: who answers for a partner, and who of them takes turns."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData

from schemas.links import ContactLink
from schemas.partners import Contact, PartnerRecorded
from services.intake.contacts import NoAddress, TextsStopped, TooManyAddresses
from services.intake.desk import Desk
from services.intake.domain.contacts import Reached
from services.intake.domain.need import NotPossible
from services.intake.domain.own_record import (
    Changed,
    add_contact,
    change_contact,
    find_contact,
    remove_contact,
    take_turns,
)
from services.intake.own_record import change_record
from services.intake.pages.colleague_form import (
    ABOUT,
    fields_of,
    fields_of_turns,
    new_contact,
    say,
    say_turns,
    understand,
    understand_turns,
)
from services.intake.pages.contact_form import WAYS
from services.intake.pages.edited import ChangedMeanwhile, Typed, read_form, show_again, stands
from services.intake.pages.languages import LANGUAGES, Words
from services.intake.pages.need_form import BadForm
from services.intake.pages.page_route import PageRoute
from services.intake.pages.rendering import show, words_for
from services.intake.pages.visitors import OnDesk, OurPartner
from services.intake.partners import read_partner
from services.intake.store import contacts

router = APIRouter(prefix="/our/contacts", route_class=PageRoute)

_OWN_PAGE_FOR = timedelta(hours=1)
_PLACES = {"channels": "ways", "roles": "about", "last": "form", "twice": "email"}
"""Where a refusal stands that is named otherwise than its field."""


@router.get("")
async def show_contacts(request: Request, reached: OurPartner, desk: OnDesk) -> Response:
    """Everybody, and whose turn it is."""
    return await _show_all(request, reached, desk)


@router.post("/turns")
async def save_turns(request: Request, reached: OurPartner, desk: OnDesk) -> Response:
    """Takes who takes turns as it is chosen now."""
    form, words = await request.form(), words_for(request, reached.contact.language)
    today = datetime.now(ZoneInfo(reached.contact.time_zone)).date()

    def change(record: PartnerRecorded) -> Changed:
        typed = read_form(form, fields_of_turns(record))
        return Changed(take_turns(record, *understand_turns(record, typed, today, words)))

    try:
        await _change(desk, reached, change)
    except ChangedMeanwhile as meanwhile:
        return await _show_all(request, reached, desk, turns=meanwhile.form)
    except BadForm as bad:
        typed = show_again(form, fields_of_turns(reached.partner))
        return await _show_all(request, reached, desk, turns=typed, problems=bad.problems)
    return RedirectResponse("/our/contacts?saved=yes", 303)


@router.get("/new")
async def show_form(request: Request, reached: OurPartner) -> Response:
    """An empty form."""
    key = str(uuid4())
    contact = new_contact(reached.contact, reached.partner.partner_id, key)
    return _show_one(request, reached, contact, stands(fields_of(contact, is_new=True)), {}, key=key)


@router.post("/new")
async def add(request: Request, reached: OurPartner, desk: OnDesk) -> Response:
    """Somebody new, who is asked first whether they are meant."""
    form, words = await request.form(), words_for(request, reached.contact.language)
    key = str(form.get("key", ""))
    contact = new_contact(reached.contact, reached.partner.partner_id, key)
    typed = show_again(form, fields_of(contact, is_new=True))

    def change(record: PartnerRecorded) -> Changed:
        return add_contact(record, understand(contact, typed, words))

    if problems := await _refused(lambda: _change(desk, reached, change), words, form):
        return _show_one(request, reached, contact, typed, problems, key=key)
    return RedirectResponse("/our/contacts?saved=yes", 303)


@router.get("/{contact_id:uuid}")
async def show_contact(request: Request, contact_id: UUID, reached: OurPartner, desk: OnDesk) -> Response:
    """One of them, to be changed."""
    contact = find_contact(reached.partner, contact_id)
    chose = await _chose(desk, reached, contact_id)
    return _show_one(request, reached, contact, stands(fields_of(contact, chose=chose)), {}, desk)


@router.post("/{contact_id}")
async def save(request: Request, contact_id: UUID, reached: OurPartner, desk: OnDesk) -> Response:
    """Takes it as it is typed now; another address is used once its reader says so."""
    form, words = await request.form(), words_for(request, reached.contact.language)
    contact, chose = find_contact(reached.partner, contact_id), await _chose(desk, reached, contact_id)

    def change(record: PartnerRecorded) -> Changed:
        now = find_contact(record, contact_id)
        typed = read_form(form, fields_of(now, chose=chose))
        return change_contact(record, understand(now, typed, words))

    try:
        problems = await _refused(lambda: _change(desk, reached, change), words, form)
    except ChangedMeanwhile as meanwhile:
        contact = find_contact(await read_partner(desk.pool, reached.partner.partner_id), contact_id)
        return _show_one(request, reached, contact, meanwhile.form, {}, desk)
    if problems:
        return _show_one(request, reached, contact, show_again(form, fields_of(contact, chose=chose)), problems, desk)
    return RedirectResponse("/our/contacts?saved=yes", 303)


@router.post("/{contact_id}/remove")
async def remove(request: Request, contact_id: UUID, reached: OurPartner, desk: OnDesk) -> Response:
    """Takes one off, who is told so."""
    words = words_for(request, reached.contact.language)
    contact = find_contact(reached.partner, contact_id)

    def change(record: PartnerRecorded) -> Changed:
        return Changed(remove_contact(record, contact_id))

    if problems := await _refused(lambda: _change(desk, reached, change), words, FormData()):
        chose = await _chose(desk, reached, contact_id)
        return _show_one(request, reached, contact, stands(fields_of(contact, chose=chose)), problems, desk)
    return RedirectResponse("/our/contacts?saved=yes", 303)


async def _change(desk: Desk, reached: Reached, change: Callable[[PartnerRecorded], Changed]) -> None:
    await change_record(desk.pool, desk.seal, reached.partner.partner_id, reached.contact, change)


async def _refused(doing: Callable[[], Awaitable[None]], words: Words, form: FormData) -> dict[str, str]:
    """Does it, and says what is wrong by field; nothing where it is done."""
    new = "email" if form.get("email") else "phone"
    try:
        await doing()
    except BadForm as bad:
        return bad.problems
    except NotPossible as error:
        return {_PLACES.get(error.field, error.field): words(f"colleague.refused_{error.field}")}
    except TextsStopped:
        return {"phone": words("contact.texts_stopped")}
    except TooManyAddresses:
        return {new: words("contact.too_many")}
    except NoAddress:
        return {new: words("colleague.no_address")}
    return {}


async def _chose(desk: Desk, reached: Reached, contact_id: UUID) -> bool:
    """Whether how they are written to is theirs alone to say."""
    partner_id = reached.partner.partner_id
    async with desk.pool.acquire() as connection:
        chose = await contacts.choices_of(connection, [partner_id])
    return contact_id == reached.contact.contact_id or (partner_id, contact_id) in chose


async def _show_all(
    request: Request,
    reached: Reached,
    desk: Desk,
    *,
    turns: Typed | None = None,
    problems: dict[str, str] | None = None,
) -> Response:
    words = words_for(request, reached.contact.language)
    partner = await read_partner(desk.pool, reached.partner.partner_id)
    return show(
        request,
        "our_contacts.html",
        status_code=422 if turns else 200,
        own_language=reached.contact.language,
        reached=reached,
        partner=partner,
        turns=turns or stands(fields_of_turns(partner)),
        problems=problems or {},
        say=lambda name, values: say_turns(partner, name, values, words),
        saved="saved" in request.query_params and not turns,
    )


def _show_one(
    request: Request,
    reached: Reached,
    contact: Contact,
    typed: Typed,
    problems: dict[str, str],
    desk: Desk | None = None,
    *,
    key: str | None = None,
) -> Response:
    words = words_for(request, reached.contact.language)
    is_self = contact.contact_id == reached.contact.contact_id
    own_page = None
    if desk is not None and is_self:
        soon = datetime.now(UTC) + _OWN_PAGE_FOR
        link = ContactLink(reached.partner.partner_id, reached.contact.contact_id, soon)
        own_page = f"/c/{desk.link_keys.sign(link)}"
    return show(
        request,
        "our_contact.html",
        status_code=422 if problems or typed.changed else 200,
        own_language=reached.contact.language,
        reached=reached,
        contact=contact,
        is_self=is_self,
        key=key,
        is_new=key is not None,
        own_page=own_page,
        typed=typed,
        problems=problems,
        say=lambda name, values: say(name, values, words),
        about=ABOUT,
        ways=WAYS,
        languages=LANGUAGES,
    )
