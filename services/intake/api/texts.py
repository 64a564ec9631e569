"""`/webhooks/texts`: where the texting provider hands over what people texted."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from http import HTTPStatus
from xml.sax.saxutils import escape

from fastapi import APIRouter, Request, Response

from services.intake.api.problems import ApiProblem
from services.intake.desk import desk_of
from services.intake.domain.reaching import read_phone
from services.intake.texts import TextIn, receive_text

router = APIRouter(include_in_schema=False)

PATH = "/webhooks/texts"


@router.post(PATH)
async def take_text(request: Request) -> Response:
    """Takes one text, checks that the provider sent it, and replies in TwiML."""
    desk = desk_of(request)
    form = {name: str(value) for name, value in (await request.form()).items()}
    url = desk.settings.public_url.rstrip("/") + PATH
    wanted = sign(desk.settings.sms_auth_token.get_secret_value(), url, form)
    if not hmac.compare_digest(wanted.encode(), request.headers.get("x-twilio-signature", "").encode()):
        raise ApiProblem(HTTPStatus.FORBIDDEN, "The signature is not the provider's.")
    try:
        text = TextIn(form["MessageSid"], read_phone(form["From"]), form.get("Body", ""))
    except (KeyError, ValueError) as error:
        raise ApiProblem(HTTPStatus.UNPROCESSABLE_ENTITY, "MessageSid and From are needed.") from error
    reply = await receive_text(desk, text)
    twiml = f'<?xml version="1.0" encoding="UTF-8"?><Response><Message>{escape(reply)}</Message></Response>'
    return Response(twiml, media_type="application/xml")


def sign(token: str, url: str, form: Mapping[str, str]) -> str:
    """Twilio's signature: base64 of HMAC-SHA1 over the URL and the parameters sorted by name (Twilio, Security)."""
    signed = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.digest(token.encode(), signed.encode(), hashlib.sha1)).decode()
