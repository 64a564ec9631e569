"""`/webhooks/texts`: where the texting provider hands over what people texted, and what became of our texts."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from http import HTTPStatus
from uuid import UUID
from xml.sax.saxutils import escape

from fastapi import APIRouter, Request, Response

from schemas.vocabulary import Channel
from services.intake.api.problems import ApiProblem
from services.intake.desk import desk_of
from services.intake.domain.reaching import read_phone
from services.intake.domain.receipts import read_text_status
from services.intake.receipts import take_report
from services.intake.texts import TextIn, receive_text

router = APIRouter(include_in_schema=False)

PATH = "/webhooks/texts"
STATUS_PATH = PATH + "/{message_id}/status"


@router.post(PATH)
async def take_text(request: Request) -> Response:
    """Takes one text, checks that the provider sent it, and replies in TwiML."""
    desk = desk_of(request)
    form = await _read_signed(request, PATH)
    try:
        text = TextIn(form["MessageSid"], read_phone(form["From"]), form.get("Body", ""))
    except (KeyError, ValueError) as error:
        raise ApiProblem(HTTPStatus.UNPROCESSABLE_ENTITY, "MessageSid and From are needed.") from error
    reply = await receive_text(desk, text)
    twiml = f'<?xml version="1.0" encoding="UTF-8"?><Response><Message>{escape(reply)}</Message></Response>'
    return Response(twiml, media_type="application/xml")


@router.post(STATUS_PATH, status_code=HTTPStatus.NO_CONTENT)
async def take_status(message_id: UUID, request: Request) -> None:
    """Takes what became of a text: its StatusCallback."""
    form = await _read_signed(request, STATUS_PATH.format(message_id=message_id))
    report = read_text_status(message_id, form.get("MessageStatus", ""), form.get("ErrorCode", ""))
    if report is not None:
        await take_report(desk_of(request).pool, Channel.TEXT, report)


async def _read_signed(request: Request, path: str) -> dict[str, str]:
    """The form that the provider sent to this path. Raises ApiProblem for anybody else's."""
    settings = desk_of(request).settings
    form = {name: str(value) for name, value in (await request.form()).items()}
    wanted = sign(settings.sms_auth_token.get_secret_value(), settings.public_url.rstrip("/") + path, form)
    if not hmac.compare_digest(wanted.encode(), request.headers.get("x-twilio-signature", "").encode()):
        raise ApiProblem(HTTPStatus.FORBIDDEN, "The signature is not the provider's.")
    return form


def sign(token: str, url: str, form: Mapping[str, str]) -> str:
    """Twilio's signature: base64 of HMAC-SHA1 over the URL and the parameters sorted by name (Twilio, Security)."""
    signed = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.digest(token.encode(), signed.encode(), hashlib.sha1)).decode()
