"""Texts by Twilio's REST API, or one that speaks like it."""

import asyncio
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any
from uuid import UUID

import httpx

from schemas.vocabulary import DeliveryProblem
from services.notifier.domain.sending import (
    Accepted,
    Attempt,
    NotNow,
    NotWanted,
    Refused,
    Trouble,
    Unclear,
    pause_asked_for,
)

_OPTED_OUT = 21610
"""Twilio's error for a number that texted STOP."""
_NOT_OURS = {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN, httpx.codes.NOT_FOUND, httpx.codes.METHOD_NOT_ALLOWED}
"""A wrong password or account, or not the API at all."""
_NEVER_ARRIVES = {"undelivered", "failed"}
_NEWEST = 500
_AT_ONCE = 16
"""The client looks through all that wait and all connections at each request: more of them is slower."""
_TURN_WITHIN_S = 3
"""What waited for longer has too little time left."""


@dataclass(frozen=True)
class Texter:
    """Sends texts, and looks up what became of them."""

    client: httpx.AsyncClient
    api_url: str
    account: str
    token: str
    public_url: str
    """How the provider reaches intake, to say what became of a text."""
    turns: asyncio.Semaphore = field(default_factory=partial(asyncio.Semaphore, _AT_ONCE))

    async def send(self, parcel_id: UUID, sender: str, to: str, body: str) -> Attempt:
        """Sends one text from one of our numbers, and says what became of it."""
        try:
            async with asyncio.timeout(_TURN_WITHIN_S):
                await self.turns.acquire()
        except TimeoutError:
            return NotNow()
        told_at = f"{self.public_url.rstrip('/')}/webhooks/texts/{parcel_id}/status"
        form = {"From": sender, "To": to, "Body": body, "StatusCallback": told_at}
        try:
            answer = await self.client.post(self._messages, data=form, auth=(self.account, self.token))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol):
            return NotNow(trouble=Trouble.CONNECTION)
        except httpx.HTTPError as error:
            timed_out = isinstance(error, httpx.TimeoutException)
            return Unclear(Trouble.TIMED_OUT if timed_out else Trouble.CONNECTION)
        finally:
            self.turns.release()
        return _read_answer(answer)

    async def find(self, to: str, body: str) -> list[str]:
        """The provider's ids of texts like this that it took, newest first. Raises httpx.HTTPError if it cannot say."""
        listed = await self._list({"To": to, "PageSize": str(_NEWEST)})
        # A trial account puts a line of its own before the words.
        return [str(message["sid"]) for message in listed if message["body"].endswith(body)]

    async def list_final(self) -> dict[str, bool]:
        """By the provider's id, whether each recent text arrived; those still under way are left out."""
        final = {}
        for message in await self._list({"PageSize": str(_NEWEST)}):
            if message["status"] == "delivered":
                final[str(message["sid"])] = True
            elif message["status"] in _NEVER_ARRIVES:
                final[str(message["sid"])] = False
        return final

    @property
    def _messages(self) -> str:
        return f"{self.api_url}/2010-04-01/Accounts/{self.account}/Messages.json"

    async def _list(self, query: dict[str, str]) -> list[dict[str, Any]]:
        answer = await self.client.get(self._messages, params=query, auth=(self.account, self.token))
        answer.raise_for_status()
        messages: list[dict[str, Any]] = answer.json()["messages"]
        return messages


def _read_answer(answer: httpx.Response) -> Attempt:
    if answer.is_success:
        return Accepted(answer.json()["sid"])
    if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
        return NotNow(trouble=Trouble.BUSY, pause=_retry_after(answer))
    if answer.is_server_error:
        return Unclear(Trouble.SERVER_ERROR)
    if answer.is_redirect or answer.status_code in _NOT_OURS:
        return NotNow(trouble=Trouble.TURNED_AWAY)
    if _error_code(answer) == _OPTED_OUT:
        return NotWanted(DeliveryProblem.OPTED_OUT)
    return Refused(DeliveryProblem.PROVIDER_REFUSED)


def _retry_after(answer: httpx.Response) -> timedelta | None:
    """What the header asks for, in seconds or as a date."""
    asked = answer.headers.get("Retry-After", "").strip()
    if asked.isdecimal():
        seconds = float(asked[:9])
    else:
        try:
            seconds = (parsedate_to_datetime(asked) - datetime.now(UTC)).total_seconds()
        except (TypeError, ValueError):
            return None
    return pause_asked_for(seconds, random.random())  # noqa: S311 - not a secret


def _error_code(answer: httpx.Response) -> int | None:
    try:
        code: int | None = answer.json().get("code")
    except ValueError:
        return None
    return code
