"""`/people`: who works here, for a supervisor of the own site and for the network's administrator."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError
from starlette.datastructures import FormData

from services.intake.domain.need import NotPossible
from services.intake.pages.languages import LANGUAGES
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
    return await _show(request, person, desk.pool, None, TypedPerson(site_id=str(person.site_id)), {})


@router.post("/new")
async def add(request: Request, person: Leader, desk: OnDesk) -> Response:
    """Somebody new."""
    typed = _read(await request.form(), person)
    try:
        await add_person(desk.pool, typed.understand(), person, typed.key)
    except (ValidationError, NotPossible) as error:
        return await _show(request, person, desk.pool, None, typed, _problems(request, person, error))
    return RedirectResponse("/people", 303)


@router.get("/{person_id}")
async def show_person(request: Request, person_id: UUID, person: Leader, desk: OnDesk) -> Response:
    """One record, to be changed."""
    one = await _find(desk.pool, person_id, person)
    typed = TypedPerson(one.name, one.email, one.phone or "", one.role, one.language, str(one.site_id))
    return await _show(request, person, desk.pool, one, typed, {})


@router.post("/{person_id}")
async def change(request: Request, person_id: UUID, person: Leader, desk: OnDesk) -> Response:
    """Takes the record as it is typed now."""
    one = await _find(desk.pool, person_id, person)
    typed = _read(await request.form(), person)
    try:
        await change_person(desk.pool, person_id, typed.understand(), person)
    except (ValidationError, NotPossible) as error:
        return await _show(request, person, desk.pool, one, typed, _problems(request, person, error))
    return RedirectResponse("/people", 303)


@router.post("/{person_id}/pause")
async def pause(request: Request, person_id: UUID, person: Leader, desk: OnDesk) -> Response:
    """Signs somebody out for as long as it lasts; the button says which of both it is."""
    one = await _find(desk.pool, person_id, person)
    paused = (await request.form()).get("paused") == "yes"
    try:
        await pause_person(desk.pool, person_id, person, paused=paused)
    except NotPossible as error:
        typed = TypedPerson(one.name, one.email, one.phone or "", one.role, one.language, str(one.site_id))
        return await _show(request, person, desk.pool, one, typed, _problems(request, person, error))
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


def _problems(request: Request, person: Person, error: ValidationError | NotPossible) -> dict[str, str]:
    words = words_for(request, person.language)
    names = {error.field} if isinstance(error, NotPossible) else {str(one["loc"][0]) for one in error.errors()}
    return {_PLACES.get(name, name): words(f"staff_problem.{name}") for name in names}


_PLACES: Mapping[str, str] = {"email_known": "email", "own": "form", "last": "form"}
"""Where a problem stands that is named otherwise than its field."""


async def _show(
    request: Request, person: Person, pool: Pool, one: StaffRow | None, typed: TypedPerson, problems: dict[str, str]
) -> Response:
    async with pool.acquire() as connection:
        sites: list[SiteRow] = await staff.list_sites(connection, site_seen_by(person))
    return show(
        request,
        "person.html",
        status_code=422 if problems else 200,
        own_language=person.language,
        person=person,
        one=one,
        typed=typed,
        problems=problems,
        roles=GIVEN_BY[person.role],
        languages=LANGUAGES,
        sites=sites,
    )
