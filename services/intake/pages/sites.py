"""`/sites`: the schools, who stands in where somebody is away, and how danger is reported there."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from babel import Locale
from babel.dates import get_timezone_location, get_timezone_name
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError
from starlette.datastructures import FormData

from services.intake.domain.approval import ApprovalRule
from services.intake.domain.editing import Fields
from services.intake.domain.need import NotPossible
from services.intake.pages.edited import ChangedMeanwhile, Typed, read_meant, show_again, stands
from services.intake.pages.languages import Words
from services.intake.pages.page_route import PageRoute
from services.intake.pages.people import site_seen_by
from services.intake.pages.rendering import show, words_for
from services.intake.pages.time_zones import ZONES
from services.intake.pages.visitors import Administrator, Leader, OnDesk
from services.intake.staff import EnteredSite, NotYours, add_site, change_site, sees_site
from services.intake.store import staff
from services.intake.store.people import Person
from services.intake.store.staff import SiteRow, StaffRow
from services.runtime.database import Pool

router = APIRouter(prefix="/sites", route_class=PageRoute)


@dataclass(frozen=True)
class TypedSite:
    """The form as it was typed, and the key that makes sending it twice harmless."""

    key: str = field(default_factory=lambda: secrets.token_urlsafe(16), kw_only=True)
    name: str = ""
    zip_code: str = ""
    time_zone: str = ZONES[0]
    backup_id: str = ""
    deputy_id: str = ""
    approval: str = ApprovalRule.NONE
    approval_above: str = ""
    reporting_steps: str = ""

    def understand(self) -> EnteredSite:
        """What it means. Raises ValidationError."""
        return EnteredSite.model_validate({name: value or None for name, value in vars(self).items() if name != "key"})


@router.get("")
async def show_sites(request: Request, person: Leader, desk: OnDesk) -> Response:
    """The sites that somebody looks after."""
    async with desk.pool.acquire() as connection:
        sites = await staff.list_sites(connection, site_seen_by(person))
        everybody = {one.person_id: one for one in await staff.list_people(connection, site_seen_by(person))}
    return show(request, "sites.html", own_language=person.language, person=person, sites=sites, people=everybody)


@router.get("/new")
async def show_form(request: Request, person: Administrator) -> Response:
    """An empty form."""
    return _show(request, person, TypedSite(), {})


@router.post("/new")
async def add(request: Request, person: Administrator, desk: OnDesk) -> Response:
    """A new site."""
    typed = _read(await request.form())
    try:
        await add_site(desk.pool, typed.understand(), person, typed.key)
    except ValidationError as error:
        return _show(request, person, typed, _problems(request, person, error))
    return RedirectResponse("/sites", 303)


@router.get("/{site_id}")
async def show_site(request: Request, site_id: UUID, person: Leader, desk: OnDesk) -> Response:
    """One site, to be changed."""
    return _show_one(request, person, *await _find(desk.pool, site_id, person), {})


@router.post("/{site_id}")
async def change(request: Request, site_id: UUID, person: Leader, desk: OnDesk) -> Response:
    """Takes the site as it is typed now, over what others saved since it was opened."""
    (site, people), form = await _find(desk.pool, site_id, person), await request.form()

    def read(before: SiteRow) -> EnteredSite:
        return read_meant(form, _fields_of(before), lambda typed: _to_typed(typed).understand(), _fields_of)

    try:
        await change_site(desk.pool, site_id, person, read)
    except ChangedMeanwhile as meanwhile:
        return _show_one(request, person, site, people, {}, meanwhile.form)
    except (ValidationError, NotPossible) as error:
        typed = show_again(form, _fields_of(site))
        return _show_one(request, person, site, people, _problems(request, person, error), typed)
    return RedirectResponse("/sites", 303)


def _fields_of(site: SiteRow | EnteredSite) -> Fields:
    """The form as the record fills it in."""
    said = {name: getattr(site, name) for name in vars(TypedSite()) if name != "key"}
    return {name: () if value is None else (str(value),) for name, value in said.items()}


async def _find(pool: Pool, site_id: UUID, by: Person) -> tuple[SiteRow, list[StaffRow]]:
    async with pool.acquire() as connection:
        found = await staff.list_sites(connection, site_id)
        people = await staff.list_people(connection, site_id)
    if not found or not sees_site(by, site_id):
        raise NotYours
    return found[0], people


def _read(form: FormData) -> TypedSite:
    typed = {name: str(form.get(name, "")).strip() for name in vars(TypedSite())}
    return TypedSite(**{name: value for name, value in typed.items() if value or name != "key"})


def _problems(request: Request, person: Person, error: ValidationError | NotPossible) -> dict[str, str]:
    words = words_for(request, person.language)
    names = {error.field} if isinstance(error, NotPossible) else {str(one["loc"][0]) for one in error.errors()}
    return {name: words(f"staff_problem.{name}") for name in names}


def _to_typed(form: Typed) -> TypedSite:
    return TypedSite(**{name: form.one(name) for name in form.fields})


def _say(name: str, value: str, people: Sequence[StaffRow], words: Words) -> tuple[str, str]:
    """A field's label, and what it says, in words."""
    said = words(f"approval_rule.{value}") if name == "approval" and value in set(ApprovalRule) else value
    if name in {"backup_id", "deputy_id"}:
        said = next((one.name for one in people if str(one.person_id) == value), "")
    return words(_LABELS.get(name, f"staff.{name}")), said


_LABELS: Mapping[str, str] = {
    "name": "staff.site_name",
    "backup_id": "staff.backup",
    "deputy_id": "staff.deputy",
    "approval": "approval.rule",
    "approval_above": "approval.above",
    "reporting_steps": "staff.reporting",
}


def _show_one(
    request: Request,
    person: Person,
    site: SiteRow,
    people: Sequence[StaffRow],
    problems: dict[str, str],
    form: Typed | None = None,
) -> Response:
    edited = form or stands(_fields_of(site))
    return _show(request, person, _to_typed(edited), problems, site, people, edited)


def _show(
    request: Request,
    person: Person,
    typed: TypedSite,
    problems: dict[str, str],
    site: SiteRow | None = None,
    people: Sequence[StaffRow] = (),
    edited: Typed | None = None,
) -> Response:
    words = words_for(request, person.language)
    locale = Locale(words.language)
    zones = dict.fromkeys([*ZONES, *([site.time_zone] if site else [])])
    return show(
        request,
        "site.html",
        status_code=422 if problems or (edited and edited.changed) else 200,
        own_language=person.language,
        person=person,
        site=site,
        edited=edited,
        say=lambda name, values: _say(name, " ".join(values), people, words),
        typed=typed,
        people=[one for one in people if not one.paused],
        problems=problems,
        rules=ApprovalRule,
        zones=[(zone, _name_zone(zone, locale)) for zone in zones],
    )


def _name_zone(zone: str, locale: Locale) -> str:
    name = get_timezone_name(zone, width="long", locale=locale)
    return f"{name} ({get_timezone_location(zone, locale=locale, return_city=True)})"
