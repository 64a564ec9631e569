"""`/people`: who works here, for a supervisor of the own site and for the network's administrator."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError
from starlette.datastructures import FormData

from services.intake.domain.editing import Fields
from services.intake.domain.need import NotPossible
from services.intake.pages.edited import ChangedMeanwhile, Typed, read_meant, show_again, stands
from services.intake.pages.languages import LANGUAGES, Words
from services.intake.pages.page_route import PageRoute
from services.intake.pages.rendering import show, words_for
from services.intake.pages.visitors import Leader, OnDesk
from services.intake.staff import GIVEN_BY, EnteredPerson, NotYours, add_person, change_person, may_change, pause_person
from services.intake.store import staff
from services.intake.store.people import Person, Role
from services.intake.store.staff import SiteRow, StaffRow
from services.runtime.database import Pool

router = APIRouter(prefix="/people", route_class=PageRoute)

_MOST_NOTED = 20


@dataclass(frozen=True)
class TypedPerson:
    """The form as it was typed, and the key that makes sending it twice harmless."""

    key: str = field(default_factory=lambda: secrets.token_urlsafe(16), kw_only=True)
    name: str = ""
    email: str = ""
    phone: str = ""
    role: str = Role.COORDINATOR
    language: str = "en"
    site_id: str = ""

    def understand(self) -> EnteredPerson:
        """What it means. Raises ValidationError."""
        said = {name: value for name, value in vars(self).items() if name != "key"}
        return EnteredPerson.model_validate({**said, "phone": self.phone or None})


def site_seen_by(person: Person) -> UUID | None:
    """The site whose people and changes somebody sees; None is all."""
    return None if person.role is Role.ADMINISTRATOR else person.site_id


@router.get("")
async def show_people(request: Request, person: Leader, desk: OnDesk) -> Response:
    """Everybody, and what was changed lately."""
    site = site_seen_by(person)
    async with desk.pool.acquire() as connection:
        sites = {one.site_id: one for one in await staff.list_sites(connection, site)}
        everybody = await staff.list_people(connection, site)
        noted = await staff.list_noted(connection, site, _MOST_NOTED)
    return show(
        request,
        "people.html",
        own_language=person.language,
        person=person,
        people=everybody,
        sites=sites,
        noted=noted,
        may_change=lambda one: may_change(person, one),
        deserted=[
            one
            for site_id, one in sites.items()
            if not any(who.site_id == site_id and who.role is Role.COORDINATOR and not who.paused for who in everybody)
        ],
    )


@router.get("/new")
async def show_form(request: Request, person: Leader, desk: OnDesk) -> Response:
    """An empty form."""
    return await _show(request, person, desk.pool, TypedPerson(site_id=str(person.site_id)), {})


@router.post("/new")
async def add(request: Request, person: Leader, desk: OnDesk) -> Response:
    """Somebody new."""
    typed = _read(await request.form(), person)
    try:
        await add_person(desk.pool, typed.understand(), person, typed.key)
    except (ValidationError, NotPossible) as error:
        return await _show(request, person, desk.pool, typed, _problems(request, person, error))
    return RedirectResponse("/people", 303)


@router.get("/{person_id}")
async def show_person(request: Request, person_id: UUID, person: Leader, desk: OnDesk) -> Response:
    """One record, to be changed."""
    return await _show_one(request, person, desk.pool, await _find(desk.pool, person_id, person), {})


@router.post("/{person_id}")
async def change(request: Request, person_id: UUID, person: Leader, desk: OnDesk) -> Response:
    """Takes the record as it is typed now, over what others saved since it was opened."""
    one, form = await _find(desk.pool, person_id, person), await request.form()

    def read(before: StaffRow) -> EnteredPerson:
        return read_meant(form, _fields_of(before), lambda typed: _to_typed(typed, person).understand(), _fields_of)

    try:
        await change_person(desk.pool, person_id, person, read)
    except ChangedMeanwhile as meanwhile:
        return await _show_one(request, person, desk.pool, one, {}, meanwhile.form)
    except (ValidationError, NotPossible) as error:
        typed = show_again(form, _fields_of(one))
        return await _show_one(request, person, desk.pool, one, _problems(request, person, error), typed)
    return RedirectResponse("/people", 303)


@router.post("/{person_id}/pause")
async def pause(request: Request, person_id: UUID, person: Leader, desk: OnDesk) -> Response:
    """Signs somebody out for as long as it lasts; the button says which of both it is."""
    one = await _find(desk.pool, person_id, person)
    paused = (await request.form()).get("paused") == "yes"
    try:
        await pause_person(desk.pool, person_id, person, paused=paused)
    except NotPossible as error:
        return await _show_one(request, person, desk.pool, one, _problems(request, person, error))
    return RedirectResponse("/people", 303)


async def _find(pool: Pool, person_id: UUID, by: Person) -> StaffRow:
    async with pool.acquire() as connection:
        one = await staff.read_person(connection, person_id)
    if one is None or not may_change(by, one):
        raise NotYours
    return one


def _read(form: FormData, person: Person) -> TypedPerson:
    typed = {name: str(form.get(name, "")).strip() for name in vars(TypedPerson())}
    # Where there is one site to choose from, the form does not ask.
    typed["site_id"] = typed["site_id"] or str(person.site_id)
    return TypedPerson(**{name: value for name, value in typed.items() if value or name != "key"})


def _fields_of(one: StaffRow | EnteredPerson) -> Fields:
    """The form as the record fills it in."""
    phone = (one.phone,) if one.phone else ()
    said = {"name": (one.name,), "email": (one.email,), "phone": phone, "role": (str(one.role),)}
    return {**said, "language": (one.language,), "site_id": (str(one.site_id),)}


def _to_typed(form: Typed, person: Person) -> TypedPerson:
    said = {name: form.one(name) for name in form.fields}
    return TypedPerson(**{**said, "site_id": said["site_id"] or str(person.site_id)})


def _problems(request: Request, person: Person, error: ValidationError | NotPossible) -> dict[str, str]:
    words = words_for(request, person.language)
    names = {error.field} if isinstance(error, NotPossible) else {str(one["loc"][0]) for one in error.errors()}
    return {_PLACES.get(name, name): words(f"staff_problem.{name}") for name in names}


_PLACES: Mapping[str, str] = {"email_known": "email", "own": "form", "last": "form"}
"""Where a problem stands that is named otherwise than its field."""


def _say(name: str, value: str, sites: Sequence[SiteRow], words: Words) -> tuple[str, str]:
    """A field's label, and what it says, in words."""
    match name:
        case "role":
            said = words(f"role.{value}") if value in set(Role) else value
        case "language":
            said = LANGUAGES.get(value, value)
        case "site_id":
            return words("staff.site"), next((one.name for one in sites if str(one.site_id) == value), "")
        case _:
            said = value
    return words(f"staff.{name}"), said


async def _show_one(
    request: Request, person: Person, pool: Pool, one: StaffRow, problems: dict[str, str], form: Typed | None = None
) -> Response:
    edited = form or stands(_fields_of(one))
    return await _show(request, person, pool, _to_typed(edited, person), problems, one, edited)


async def _show(
    request: Request,
    person: Person,
    pool: Pool,
    typed: TypedPerson,
    problems: dict[str, str],
    one: StaffRow | None = None,
    edited: Typed | None = None,
) -> Response:
    async with pool.acquire() as connection:
        sites: list[SiteRow] = await staff.list_sites(connection, site_seen_by(person))
    words = words_for(request, person.language)
    return show(
        request,
        "person.html",
        status_code=422 if problems or (edited and edited.changed) else 200,
        own_language=person.language,
        person=person,
        one=one,
        edited=edited,
        say=lambda name, values: _say(name, "".join(values), sites, words),
        typed=typed,
        problems=problems,
        roles=GIVEN_BY[person.role],
        languages=LANGUAGES,
        sites=sites,
    )
