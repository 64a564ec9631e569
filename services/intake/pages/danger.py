"""`/needs/danger`: what to do and whom to call when someone may be in danger. It reports and keeps nothing."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from babel.dates import format_date
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from services.intake.domain.reaching import read_phone, state_of
from services.intake.pages.page_route import PageRoute
from services.intake.pages.rendering import show, words_for
from services.intake.pages.visitors import OnDesk, SignedIn
from services.intake.store import danger

router = APIRouter(prefix="/needs/danger", route_class=PageRoute)


@dataclass(frozen=True)
class StateLine:
    """Where a state takes reports about children. `phone` (E.164) is None where it has no single number."""

    name: str
    phone: str | None


@dataclass(frozen=True)
class Hotlines:
    """The states' lines by the state's two letters, as they were known on that day."""

    as_known: date
    states: Mapping[str, StateLine]


@cache
def hotlines() -> Hotlines:
    """What is in hotlines.toml. Raises ValueError for what is no phone number."""
    found = tomllib.loads((Path(__file__).parent / "hotlines.toml").read_text(encoding="utf-8"))
    return Hotlines(found["as_known"], {code: _read_line(state) for code, state in found["states"].items()})


def _read_line(state: Mapping[str, Any]) -> StateLine:
    return StateLine(state["name"], read_phone(state["line"]) if "line" in state else None)


@router.post("")
async def count(person: SignedIn, desk: OnDesk) -> Response:
    """Somebody pressed: counted, and nothing else. The form carries nothing that could be kept."""
    async with desk.pool.acquire() as connection:
        await danger.count_press(connection, person.site_id)
    return RedirectResponse("/needs/danger", 303)


@router.get("")
async def show_what_to_do(request: Request, person: SignedIn, desk: OnDesk) -> Response:
    """The steps and the lines, by the state of the site."""
    async with desk.pool.acquire() as connection:
        reporting = await danger.read_reporting(connection, person.site_id)
    lines = hotlines()
    words = words_for(request, person.language)
    return show(
        request,
        "danger.html",
        own_language=person.language,
        person=person,
        steps=reporting.reporting_steps,
        state=lines.states.get(state_of(reporting.zip_code) or ""),
        as_known=format_date(lines.as_known, "long", locale=words.language),
    )
