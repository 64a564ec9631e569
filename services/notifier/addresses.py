"""Where a coordinator or a family can be reached: asked of intake just before a send, and kept nowhere."""

from dataclasses import dataclass
from uuid import UUID

import httpx
from pydantic import ValidationError

from schemas.addresses import Address
from schemas.vocabulary import RecipientKind


class AddressesAway(Exception):
    """Intake does not answer now."""


@dataclass(frozen=True)
class Addresses:
    """Asks intake."""

    client: httpx.AsyncClient
    intake_url: str
    api_key: str

    async def find(self, need_id: UUID, who: RecipientKind) -> Address | None:
        """The address; None when there is nobody to write to. Raises AddressesAway when intake cannot say."""
        try:
            answer = await self.client.get(
                f"{self.intake_url}/internal/v1/needs/{need_id}/addresses/{who}",
                headers={"Authorization": f"Bearer {self.api_key}"},
            )
        except httpx.HTTPError as error:
            raise AddressesAway(type(error).__name__) from error
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        if answer.status_code != httpx.codes.OK:
            raise AddressesAway(f"status {answer.status_code}")
        try:
            return Address.model_validate_json(answer.content)
        except ValidationError as error:
            raise AddressesAway("an answer that is no address") from error
