"""What is asked of intake just before a send, and kept nowhere: where a coordinator or family is reached, a code."""

import asyncio
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar
from uuid import UUID

import httpx
from pydantic import BaseModel, ValidationError

from schemas.addresses import Address, AskedAddress, OneTimeCode, Who

_AT_ONCE = 8
"""The client looks through all that wait and all connections at each request: more of them is slower."""
_WITHIN_S = 8

_Answer = TypeVar("_Answer", bound=BaseModel)


class AddressesAway(Exception):
    """Intake does not answer now."""


@dataclass(frozen=True)
class Addresses:
    """Asks intake."""

    client: httpx.AsyncClient
    intake_url: str
    api_key: str
    turns: asyncio.Semaphore = field(default_factory=partial(asyncio.Semaphore, _AT_ONCE))

    async def find(self, need_id: UUID, who: Who) -> Address | None:
        """The address; None when there is nobody to write to. Raises AddressesAway when intake cannot say."""
        answer = await self._ask("GET", f"needs/{need_id}/addresses/{who}")
        return _read(Address, answer) if answer is not None else None

    async def make_code(self, offer_id: UUID, contact_id: UUID) -> str | None:
        """A one-time code for that contact; None when none is wanted any more. Raises AddressesAway."""
        answer = await self._ask("POST", f"offers/{offer_id}/contacts/{contact_id}/code")
        return _read(OneTimeCode, answer).code if answer is not None else None

    async def find_asked(self, question_id: UUID) -> AskedAddress | None:
        """Where a contact is asked whether it is theirs; None when that waits no more. Raises AddressesAway."""
        answer = await self._ask("GET", f"questions/{question_id}")
        return _read(AskedAddress, answer) if answer is not None else None

    async def _ask(self, method: str, path: str) -> bytes | None:
        try:
            async with asyncio.timeout(_WITHIN_S), self.turns:
                answer = await self.client.request(
                    method,
                    f"{self.intake_url}/internal/v1/{path}",
                    headers={"Authorization": f"Bearer {self.api_key}"},
                )
        except (httpx.HTTPError, TimeoutError) as error:
            raise AddressesAway(type(error).__name__) from error
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        if answer.status_code != httpx.codes.OK:
            raise AddressesAway(f"status {answer.status_code}")
        return answer.content


def _read(kind: type[_Answer], content: bytes) -> _Answer:
    try:
        return kind.model_validate_json(content)
    except ValidationError as error:
        raise AddressesAway("an answer of another kind") from error
