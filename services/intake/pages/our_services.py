"""`/our/services`: what a partner can take on, until when it takes nothing, and each thing that it does."""

from collections.abc import Callable
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from schemas.partners import PartnerRecorded, Service
from schemas.taxonomy import CATEGORY_LABELS
from schemas.vocabulary import PartnerStatus
from services.intake.desk import Desk
from services.intake.domain.contacts import Reached
from services.intake.domain.need import NotPossible
from services.intake.domain.own_record import Changed, change_service, find_service, limit, pause
from services.intake.domain.places import states
from services.intake.own_record import change_record
from services.intake.pages import service_form
from services.intake.pages.directory import describe_area, describe_place, languages_to_choose
from services.intake.pages.edited import ChangedMeanwhile, Typed, read_form, show_again, stands
from services.intake.pages.limits_form import (
    fields_of_limits,
    fields_of_pause,
    say_limit,
    say_pause,
    understand_limits,
    understand_pause,
)
from services.intake.pages.need_form import BadForm
from services.intake.pages.page_route import PageRoute
from services.intake.pages.rendering import show, words_for
from services.intake.pages.visitors import OnDesk, OurPartner
from services.intake.partners import read_partner
from services.intake.store import offers
from services.intake.store.offers import Claims

router = APIRouter(prefix="/our/services", route_class=PageRoute)

_PLACES = {"too_much": "zip_codes"}
"""Where a refusal stands that is named otherwise than its field."""


@router.get("")
async def show_services(request: Request, reached: OurPartner, desk: OnDesk) -> Response:
    """All that the partner does, and how much of each it takes on."""
    return await _show_all(request, reached, desk)


@router.post("")
async def save_limits(request: Request, reached: OurPartner, desk: OnDesk) -> Response:
    """Takes the numbers as they are typed now."""
    form, words = await request.form(), words_for(request, reached.contact.language)

    def change(record: PartnerRecorded) -> PartnerRecorded:
        return limit(record, understand_limits(record, read_form(form, fields_of_limits(record)), words))

    try:
        await _change(desk, reached, change)
    except ChangedMeanwhile as meanwhile:
        return await _show_all(request, reached, desk, limits=meanwhile.form)
    except BadForm as bad:
        typed = show_again(form, fields_of_limits(reached.partner))
        return await _show_all(request, reached, desk, limits=typed, problems=bad.problems)
    return RedirectResponse("/our/services?saved=yes", 303)


@router.post("/pause")
async def save_pause(request: Request, reached: OurPartner, desk: OnDesk) -> Response:
    """Nothing is asked of the partner before the day that is typed; or it is asked again from now on."""
    form, words = await request.form(), words_for(request, reached.contact.language)
    zone = reached.contact.time_zone

    def change(record: PartnerRecorded) -> PartnerRecorded:
        typed = read_form(form, fields_of_pause(record, zone))
        return pause(record, None if "resume" in form else understand_pause(typed, zone, words))

    try:
        await _change(desk, reached, change)
    except ChangedMeanwhile as meanwhile:
        return await _show_all(request, reached, desk, pausing=meanwhile.form)
    except BadForm as bad:
        typed = show_again(form, fields_of_pause(reached.partner, zone))
        return await _show_all(request, reached, desk, pausing=typed, problems=bad.problems)
    return RedirectResponse("/our/services?saved=yes", 303)


@router.get("/{service_id:uuid}")
async def show_service(request: Request, service_id: UUID, reached: OurPartner) -> Response:
    """One thing that the partner does, to be changed."""
    service = find_service(reached.partner, service_id)
    return _show_one(request, reached, service, stands(service_form.fields_of(service)), {})


@router.post("/{service_id}")
async def save_service(request: Request, service_id: UUID, reached: OurPartner, desk: OnDesk) -> Response:
    """Takes it as it is typed now; what is not on the form stays."""
    form, words = await request.form(), words_for(request, reached.contact.language)
    service = find_service(reached.partner, service_id)

    def change(record: PartnerRecorded) -> PartnerRecorded:
        now = find_service(record, service_id)
        typed = read_form(form, service_form.fields_of(now))
        return change_service(record, service_form.understand(now, typed, words))

    typed = show_again(form, service_form.fields_of(service))
    try:
        await _change(desk, reached, change)
    except ChangedMeanwhile as meanwhile:
        service = find_service(await read_partner(desk.pool, reached.partner.partner_id), service_id)
        return _show_one(request, reached, service, meanwhile.form, {})
    except BadForm as bad:
        return _show_one(request, reached, service, typed, bad.problems)
    except NotPossible as error:
        problems = {_PLACES.get(error.field, error.field): words(f"service_problem.{error.field}")}
        return _show_one(request, reached, service, typed, problems)
    return RedirectResponse(f"/our/services/{service_id}?saved=yes", 303)


async def _change(desk: Desk, reached: Reached, change: Callable[[PartnerRecorded], PartnerRecorded]) -> None:
    partner_id = reached.partner.partner_id
    await change_record(desk.pool, desk.seal, partner_id, reached.contact, lambda record: Changed(change(record)))


async def _show_all(
    request: Request,
    reached: Reached,
    desk: Desk,
    *,
    limits: Typed | None = None,
    pausing: Typed | None = None,
    problems: dict[str, str] | None = None,
) -> Response:
    words, contact = words_for(request, reached.contact.language), reached.contact
    partner = await read_partner(desk.pool, reached.partner.partner_id)
    paused = fields_of_pause(partner, contact.time_zone)
    async with desk.pool.acquire() as connection:
        taken = await offers.claims_of(connection, partner.partner_id)
    return show(
        request,
        "our_services.html",
        status_code=422 if limits or pausing else 200,
        own_language=contact.language,
        reached=reached,
        partner=partner,
        limits=limits or stands(fields_of_limits(partner)),
        pausing=pausing or stands(paused),
        problems=problems or {},
        taken=lambda service: taken.get(service.service_id, Claims()),
        place_words=describe_place,
        area_words=lambda service: describe_area(service, words),
        say_limit=lambda name, values: say_limit(partner, name, values, words),
        say_pause=lambda _, values: say_pause(values, words),
        is_off=partner.status is not PartnerStatus.ACTIVE,
        paused_until=say_pause(paused["until"], words)[1] if paused["until"] else None,
        saved="saved" in request.query_params and not (limits or pausing),
    )


def _show_one(request: Request, reached: Reached, service: Service, typed: Typed, problems: dict[str, str]) -> Response:
    words, hours = words_for(request, reached.contact.language), typed.fields.items()
    return show(
        request,
        "our_service.html",
        status_code=422 if problems or typed.changed else 200,
        own_language=reached.contact.language,
        reached=reached,
        service=service,
        title=", ".join(CATEGORY_LABELS[one][words.language] for one in service.categories),
        typed=typed,
        problems=problems,
        say=lambda name, values: service_form.say(name, values, words),
        area_kinds=service_form.AREA_KINDS,
        choices_of=lambda name: service_form.CHOICES[name][0],
        states=states(),
        languages=languages_to_choose(words, service.languages),
        hour_rows=service_form.rows_of_hours(typed.fields),
        hours_open=any(name.startswith("opens-") and (values or name in problems) for name, values in hours),
        saved="saved" in request.query_params and not problems,
    )
