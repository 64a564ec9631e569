"""Mail and texting providers that have moods, and a ledger of everything they truly took."""

import asyncio
import base64
import hashlib
import hmac
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from enum import StrEnum, auto
from time import time
from typing import Any
from uuid import uuid4

import httpx
import uvicorn
from aiosmtpd.smtp import SMTP
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from switchboard.people import open_client
from switchboard.processes import LOCALHOST

ACCOUNT, TOKEN, NUMBER = "AC" + "0" * 32, "a token for the storm", "+15005550006"
_NEVER_S = 60


class MailMood(StrEnum):
    """How a mail server can be."""

    WELL = auto()
    SILENT_AT_RCPT = auto()
    LATER_AT_RCPT = auto()
    """451."""
    REFUSES_CONTENT = auto()
    """554, nothing is taken."""
    CLOSES = auto()
    """421 and good-bye."""
    DROPS_AFTER_DATA = auto()
    """It has taken the mail, and never says so."""
    SILENT_AFTER_DATA = auto()


class TextMood(StrEnum):
    """How a texting API can be."""

    WELL = auto()
    TOO_MANY = auto()
    """429."""
    FAILS = auto()
    """500, nothing taken."""
    FAILS_AFTER_TAKING = auto()
    SILENT_AFTER_TAKING = auto()
    LISTING_FAILS = auto()


@dataclass(frozen=True)
class Accept:
    """One message that a provider took, at `at` in seconds of the machine's clock; `mark` is an email's Message-ID."""

    at: float
    channel: str
    to: str
    body: str
    mark: str = ""
    sid: str = ""


@dataclass
class Ledger:
    """Everything that was taken, in order, and whoever waits for the next."""

    accepts: list[Accept] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self, accept: Accept) -> None:
        """Writes it down."""
        self.accepts.append(accept)
        self.arrived.set()


class Mail:
    """A real SMTP server (aiosmtpd's handler interface) in one mood at a time; only some mails meet it."""

    def __init__(self, ledger: Ledger, chance: random.Random, dead: frozenset[str]) -> None:
        self.mood = MailMood.WELL
        self._ledger, self._chance, self._dead = ledger, chance, dead

    async def handle_RCPT(self, server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: ANN401, N802 - aiosmtpd's
        """Takes a recipient, or does not."""
        if address in self._dead:
            return "550 5.1.1 No such mailbox"
        match self._mood_now():
            case MailMood.SILENT_AT_RCPT:
                await asyncio.sleep(_NEVER_S)
            case MailMood.LATER_AT_RCPT:
                return "451 4.7.1 Come again"
            case MailMood.CLOSES:
                asyncio.get_running_loop().call_soon(server.transport.close)
                return "421 4.3.2 Closing"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: ANN401, N802 - aiosmtpd's
        """Takes a mail, or does not, and perhaps says so."""
        mood = self._mood_now()
        if mood is MailMood.REFUSES_CONTENT:
            return "554 5.7.1 Not this"
        email = message_from_bytes(envelope.content, policy=policy.default)
        body = email.get_body(("plain",))
        words = body.get_content() if body is not None else ""
        self._ledger.take(Accept(time(), "email", envelope.rcpt_tos[0], words, mark=str(email["Message-ID"])))
        if mood is MailMood.DROPS_AFTER_DATA:
            server.transport.abort()
        elif mood is MailMood.SILENT_AFTER_DATA:
            await asyncio.sleep(_NEVER_S)
        return "250 OK"

    def _mood_now(self) -> MailMood:
        # Half of them, so that a bad day has good minutes, as it has.
        return self.mood if self._chance.random() < 0.5 else MailMood.WELL


class Texts:
    """The part of Twilio's API that is used, in one mood at a time, and people's phones."""

    def __init__(self, ledger: Ledger, chance: random.Random, webhook_url: str, deliver_to: str) -> None:
        self.mood = TextMood.WELL
        self._ledger, self._chance = ledger, chance
        self._webhook_url, self._deliver_to = webhook_url, deliver_to

    def routes(self) -> list[Route]:
        """The API's routes."""
        base = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
        return [Route(base, self.send, methods=["POST"]), Route(base, self.list, methods=["GET"])]

    async def send(self, request: Request) -> Response:
        """Takes a text, or does not."""
        mood = self.mood if self._chance.random() < 0.5 else TextMood.WELL
        if mood is TextMood.TOO_MANY:
            return JSONResponse({"code": 20429, "message": "Too Many Requests"}, 429)
        if mood is TextMood.FAILS:
            return JSONResponse({"code": 20500, "message": "Internal Server Error"}, 500)
        try:
            form = await request.form()
        except ClientDisconnect:
            return Response(status_code=400)
        to, body = str(form["To"]), str(form["Body"])
        accept = Accept(time(), "text", to, body, sid=new_sid())
        self._ledger.take(accept)
        if mood is TextMood.FAILS_AFTER_TAKING:
            return JSONResponse({"code": 20500, "message": "Internal Server Error"}, 500)
        if mood is TextMood.SILENT_AFTER_TAKING:
            await asyncio.sleep(_NEVER_S)
        return JSONResponse(_as_twilio(accept) | {"status": "queued"}, 201)

    async def list(self, request: Request) -> Response:
        """Texts, newest first."""
        if self.mood is TextMood.LISTING_FAILS:
            return JSONResponse({"code": 20500, "message": "Internal Server Error"}, 500)
        to, size = request.query_params.get("To"), int(request.query_params["PageSize"])
        found = [one for one in self._ledger.accepts if one.channel == "text" and to in {None, one.to}]
        return JSONResponse({"messages": [_as_twilio(one) for one in reversed(found[-size:])]})

    async def say(self, sender: str, body: str, sid: str) -> str | None:
        """Hands over what somebody texts us. What was replied; None when nobody took it."""
        form = {"MessageSid": sid, "From": sender, "To": NUMBER, "Body": body}
        signed = self._webhook_url + "".join(name + form[name] for name in sorted(form))
        signature = base64.b64encode(hmac.digest(TOKEN.encode(), signed.encode(), hashlib.sha1)).decode()
        with suppress(httpx.HTTPError):
            async with open_client(timeout=15) as client:
                answer = await client.post(self._deliver_to, data=form, headers={"X-Twilio-Signature": signature})
                return answer.text if answer.is_success else None
        return None


def new_sid() -> str:
    """An id as the texting API gives to each text."""
    return f"SM{uuid4().hex}"


def _as_twilio(accept: Accept) -> dict[str, str]:
    return {"sid": accept.sid, "to": accept.to, "from": NUMBER, "body": accept.body, "status": "delivered"}


@asynccontextmanager
async def running_mail(mail: Mail, port: int) -> AsyncIterator[None]:
    """Serves SMTP until the block ends."""
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(mail, enable_SMTPUTF8=True, ident="storm"), LOCALHOST, port
    )
    try:
        yield
    finally:
        server.close()


@asynccontextmanager
async def running_texts(texts: Texts, port: int) -> AsyncIterator[None]:
    """Serves the texting API until the block ends."""
    config = uvicorn.Config(Starlette(routes=texts.routes()), LOCALHOST, port, log_config=None, access_log=False)
    config.timeout_graceful_shutdown = 1
    server = uvicorn.Server(config)
    server.capture_signals = nullcontext  # type: ignore[method-assign,assignment] # Ctrl-C is for the storm
    serving = asyncio.create_task(server.serve())
    try:
        while not server.started:  # noqa: ASYNC110 - it has no event to wait for
            await asyncio.sleep(0.01)
        yield
    finally:
        server.should_exit = True
        await serving
