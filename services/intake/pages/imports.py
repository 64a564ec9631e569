"""`/imports`: a directory of partners from a file, with what would become of it before anything is taken in."""

from collections import Counter
from pathlib import PurePosixPath
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import UploadFile

from services.intake import importing
from services.intake.directory_import.errors import UnreadableSource
from services.intake.directory_import.rows import Verdict
from services.intake.pages.page_route import PageRoute
from services.intake.pages.rendering import show, words_for
from services.intake.pages.visitors import Administrator, OnDesk
from services.intake.staff import NotYours
from services.intake.store.people import Person

router = APIRouter(prefix="/imports", route_class=PageRoute)

_LONGEST_NAME = 120


@router.get("")
async def show_form(request: Request, person: Administrator, taken: int | None = None) -> Response:
    """Asks for a file. `taken` is how many partners were just taken in."""
    return _show(request, person, {}, taken)


@router.post("")
async def upload(request: Request, person: Administrator, desk: OnDesk) -> Response:
    """Keeps the file, and goes on to what would become of it."""
    form, words = await request.form(), words_for(request, person.language)
    file = form.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        return _show(request, person, {"file": words("import.no_file")}, None)
    raw = await file.read(importing.MOST_BYTES + 1)
    if len(raw) > importing.MOST_BYTES:
        return _show(request, person, {"file": words("import.too_large", most=importing.MOST_BYTES // 1024**2)}, None)
    try:
        active = form.get("active") == "yes"
        import_id = await importing.keep_upload(desk.pool, _name_of(file.filename), raw, person, active=active)
    except UnreadableSource as error:
        return _show(request, person, {"file": words("import.unreadable", why=error)}, None)
    return RedirectResponse(f"/imports/{import_id}", 303)


@router.get("/{import_id}")
async def show_preview(request: Request, import_id: UUID, person: Administrator, desk: OnDesk) -> Response:
    """The report, as the command line tells it. Nothing is taken in."""
    preview = await importing.look(desk.pool, import_id, words_for(request, person.language))
    verdicts = Counter(row.verdict for row in preview.reading.rows)
    return show(
        request,
        "import.html",
        own_language=person.language,
        person=person,
        preview=preview,
        counts=[(str(verdict), verdicts[verdict]) for verdict in Verdict],
        services=sum(len(one.record["services"]) for one in preview.reading.partners),
    )


@router.post("/{import_id}")
async def take_in(import_id: UUID, person: Administrator, desk: OnDesk) -> Response:
    """Takes in what is good of it."""
    try:
        taken = await importing.take_in(desk.pool, desk.seal, import_id, person)
    except NotYours:  # It was sent twice, and the first was quick.
        return RedirectResponse("/imports", 303)
    return RedirectResponse(f"/imports?taken={taken}", 303)


def _show(request: Request, person: Person, problems: dict[str, str], taken: int | None) -> Response:
    return show(
        request,
        "imports.html",
        status_code=422 if problems else 200,
        own_language=person.language,
        person=person,
        problems=problems,
        taken=taken,
        most=importing.MOST_BYTES // 1024**2,
    )


def _name_of(filename: str) -> str:
    """The file's name alone, as it is shown and told."""
    name = PurePosixPath(filename.replace("\\", "/")).name
    return "".join(one for one in name if one.isprintable())[:_LONGEST_NAME] or "file"
