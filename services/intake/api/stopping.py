"""`POST /c/{token}/stop`: how a mail program ends emails by itself, by RFC 8058. No cookie, no mark, no page."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Response

from schemas.vocabulary import Channel
from services.intake import contacts
from services.intake.pages.page_route import KindRoute
from services.intake.pages.visitors import OfContact, OnDesk

router = APIRouter(prefix="/c/{token}/stop", include_in_schema=False, route_class=KindRoute)

_ONE_CLICK = "One-Click"


@router.post("")
async def stop(reached: OfContact, desk: OnDesk, said: Annotated[str, Form(alias="List-Unsubscribe")] = "") -> Response:
    """No more emails to whoever holds the link, however often it is said."""
    if said != _ONE_CLICK:
        return Response(status_code=HTTPStatus.BAD_REQUEST)
    partner_id, contact_id = reached.partner.partner_id, reached.contact.contact_id
    await contacts.stop(desk.pool, desk.seal, partner_id, contact_id, {Channel.EMAIL})
    return Response(status_code=HTTPStatus.OK)
