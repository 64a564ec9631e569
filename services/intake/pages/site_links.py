"""`/sites/{site_id}/link`: the link by which anybody who works there raises a need, to print and put up."""

from uuid import UUID

import segno
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from markupsafe import Markup

from services.intake.pages.page_route import PageRoute
from services.intake.pages.raised_needs import is_id
from services.intake.pages.rendering import show
from services.intake.pages.visitors import Anybody, OnDesk
from services.intake.raising import may_see_link, renew_link, site_link
from services.intake.staff import NotYours
from services.intake.store import raised

router = APIRouter(prefix="/sites/{site_id}/link", route_class=PageRoute)


@router.get("")
async def show_link(request: Request, site_id: UUID, person: Anybody, desk: OnDesk) -> Response:
    """The link, as letters and as a QR code."""
    async with desk.pool.acquire() as connection:
        site = await raised.read_link(connection, site_id)
    if site is None or not may_see_link(person, site_id):
        raise NotYours
    link, until = None, None
    if site.link_id is not None and site.link_since is not None:
        signed = site_link(site_id, site.link_id, site.link_since)
        link, until = f"{desk.settings.public_url}/r/{desk.link_keys.sign(signed)}", signed.expires
    return show(
        request,
        "site_link.html",
        own_language=person.language,
        person=person,
        site=site,
        link=link,
        until=until,
        qr=_draw(link) if link else None,
    )


@router.post("")
async def renew(request: Request, site_id: UUID, person: Anybody, desk: OnDesk) -> Response:
    """Another link; the one before opens nothing any more."""
    seen = str((await request.form()).get("seen", ""))
    await renew_link(desk.pool, site_id, person, UUID(seen) if is_id(seen) else None)
    return RedirectResponse(f"/sites/{site_id}/link", 303)


def _draw(link: str) -> Markup:
    drawn = segno.make(link, error="m").svg_inline(scale=4, border=4, svgclass="qr", lineclass=None, omitsize=True)
    # Made of squares: nothing in it that somebody typed.
    return Markup(drawn)  # noqa: S704
