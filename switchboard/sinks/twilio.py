"""The texting API: the part of Twilio's REST interface that is used, and the webhook for texts that people send."""

import asyncio
import base64
import hashlib
import hmac
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from switchboard.people import open_client
from switchboard.sinks.kept import Box, Kept

_NUMBER = re.compile(r"^\+[1-9][0-9]{6,14}$")
_FATES = {
    "30003": "undelivered",
    "30004": "undelivered",
    "30005": "undelivered",
    "30006": "undelivered",
    "30007": "undelivered",
    "30008": "failed",
}
"""Numbers that end in one of Twilio's error codes (such as +15005530003) end so, with that code. All others get it."""
_TOLD_WITHIN_S = 5


class NobodyAnswers(Exception):
    """The webhook cannot be reached, or does not take the text."""


@dataclass(frozen=True)
class Texting:
    """`webhook_url` is signed; `deliver_to` is where it is reached from here."""

    box: Box
    account: str
    token: str
    number: str
    webhook_url: str
    deliver_to: str
    telling: set[asyncio.Task[None]] = field(default_factory=set)
    """Status callbacks under way."""

    def routes(self) -> list[Route]:
        """The API's routes."""
        base = f"/2010-04-01/Accounts/{self.account}"
        return [
            Route(f"{base}/Messages.json", self.send, methods=["POST"]),
            Route(f"{base}/Messages.json", self.list, methods=["GET"]),
        ]

    async def send(self, request: Request) -> Response:
        """Takes a text; what becomes of it is settled at once, and told to its StatusCallback soon after."""
        if not self._allowed(request):
            return JSONResponse({"code": 20003, "message": "Authenticate"}, 401)
        form = await request.form()
        to = str(form.get("To", ""))
        if not _NUMBER.match(to):
            return JSONResponse({"code": 21211, "message": "Invalid 'To' Phone Number"}, 400)
        kept = self.box.add(
            kind="text",
            sender=str(form.get("From", "")),
            to=to,
            text=str(form.get("Body", "")),
            sid=f"SM{uuid4().hex}",
            status=_FATES.get(to[-5:], "delivered"),
        )
        if callback := str(form.get("StatusCallback", "")):
            task = asyncio.create_task(self._tell_status(kept, callback))
            self.telling.add(task)
            task.add_done_callback(self.telling.discard)
        return JSONResponse(_as_twilio(kept) | {"status": "queued"}, 201)

    async def _tell_status(self, kept: Kept, callback: str) -> None:
        """Tells what became of a text, step by step, signed. Nobody has to listen: it can be looked up as well."""
        about = {"MessageSid": kept.sid, "AccountSid": self.account, "From": kept.sender, "To": kept.to}
        failed = {"ErrorCode": kept.to[-5:]} if kept.status in _FATES.values() else {}
        # The callback is what we are called from outside; from here intake is reached by another name.
        url = urlsplit(self.deliver_to)._replace(path=urlsplit(callback).path).geturl()
        with suppress(httpx.HTTPError):
            async with open_client(timeout=_TOLD_WITHIN_S) as client:
                for form in (about | {"MessageStatus": "sent"}, about | {"MessageStatus": kept.status} | failed):
                    await client.post(url, data=form, headers=self._sign(callback, form))

    async def list(self, request: Request) -> Response:
        """Texts, newest first."""
        if not self._allowed(request):
            return JSONResponse({"code": 20003, "message": "Authenticate"}, 401)
        size = int(request.query_params.get("PageSize", "50"))
        found = [one for one in self.box.find("text", request.query_params.get("To")) if not one.incoming]
        return JSONResponse({"messages": [_as_twilio(one) for one in reversed(found[-size:])]})

    async def receive(self, sender: str, body: str) -> str:
        """Somebody texts us: hands it to the webhook, signed as Twilio does. Returns the reply, which may be empty."""
        form = {"MessageSid": f"SM{uuid4().hex}", "From": sender, "To": self.number, "Body": body}
        self.box.add(kind="text", sender=sender, to=self.number, text=body, incoming=True, status="received")
        try:
            async with open_client(timeout=15) as client:
                answer = await client.post(self.deliver_to, data=form, headers=self._sign(self.webhook_url, form))
            answer.raise_for_status()
            reply = ET.fromstring(answer.content).findtext("Message") or ""  # noqa: S314 - our own service
        except (httpx.HTTPError, ET.ParseError) as error:
            raise NobodyAnswers(str(error)) from error
        if reply:
            self.box.add(
                kind="text", sender=self.number, to=sender, text=reply, sid=f"SM{uuid4().hex}", status="delivered"
            )
        return reply

    def _sign(self, url: str, form: Mapping[str, str]) -> dict[str, str]:
        signed = url + "".join(name + form[name] for name in sorted(form))
        signature = hmac.digest(self.token.encode(), signed.encode(), hashlib.sha1)
        return {"X-Twilio-Signature": base64.b64encode(signature).decode()}

    def _allowed(self, request: Request) -> bool:
        wanted = "Basic " + base64.b64encode(f"{self.account}:{self.token}".encode()).decode()
        return hmac.compare_digest(wanted, request.headers.get("authorization", ""))


def _as_twilio(kept: Kept) -> dict[str, str]:
    return {"sid": kept.sid, "to": kept.to, "from": kept.sender, "body": kept.text, "status": kept.status}
