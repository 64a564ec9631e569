"""Texts by Twilio's REST API, or one that speaks like it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx

from schemas.vocabulary import DeliveryProblem
from services.notifier.domain.sending import Accepted, Attempt, NotNow, NotWanted, Refused, Unclear

_OPTED_OUT = 21610
"""Twilio's error for a number that texted STOP."""
_NEVER_ARRIVES = {"undelivered", "failed"}
_NEWEST = 500


@dataclass(frozen=True)
class Texter:
    """Sends texts, and looks up what became of them."""

    client: httpx.AsyncClient
    api_url: str
    account: str
    token: str
    sender: str
    public_url: str
    """How the provider reaches intake, to say what became of a text."""

    async def send(self, message_id: UUID, to: str, body: str) -> Attempt:
        """Sends one text, and says what became of it."""
        told_at = f"{self.public_url.rstrip('/')}/webhooks/texts/{message_id}/status"
        form = {"From": self.sender, "To": to, "Body": body, "StatusCallback": told_at}
        try:
            answer = await self.client.post(self._messages, data=form, auth=(self.account, self.token))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            return NotNow()
        except httpx.HTTPError:
            return Unclear()
        if answer.is_success:
            return Accepted(answer.json()["sid"])
        if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
            return NotNow()
        if answer.is_server_error:
            return Unclear()
        if _error_code(answer) == _OPTED_OUT:
            return NotWanted(DeliveryProblem.OPTED_OUT)
        return Refused(DeliveryProblem.PROVIDER_REFUSED)

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


def _error_code(answer: httpx.Response) -> int | None:
    try:
        code: int | None = answer.json().get("code")
    except ValueError:
        return None
    return code
