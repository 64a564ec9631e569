"""Sends partners to intake, in requests of which each is taken whole or not at all."""

import json
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, cast

import httpx

from services.intake.directory_import.partners import Partner
from services.intake.directory_import.services import Json
from switchboard.errors import SwitchboardError

_MOST_PARTNERS = 500
_MOST_BYTES = 6 * 1024 * 1024
"""Well below what the gate lets in."""


@dataclass(frozen=True)
class Sent:
    """How many partners were new, and how many replaced."""

    new: int
    replaced: int


@dataclass(frozen=True)
class Intake:
    """An intake, and a key with partners:write; to keep what was entered there takes partners:read too."""

    url: str
    key: str

    def send(self, partners: Sequence[Partner]) -> Sent:
        """Records partners. Raises SwitchboardError where intake refuses or does not answer; again is safe."""
        new = replaced = 0
        for records in _in_chunks([one.record for one in partners]):
            answer = self._ask("PUT", json={"partners": records})
            if not answer.is_success:
                done = (
                    f"{new + replaced} of {len(partners)} partners were taken before" if new + replaced else "nothing"
                )
                document = answer.json()
                errors = "; ".join(f"{one['field']}: {one['message']}" for one in document.get("errors", [])[:3])
                raise SwitchboardError(f"{document['detail']} {errors}".strip() + f" ({done} was taken; again is safe)")
            new, replaced = new + answer.json()["new"], replaced + answer.json()["replaced"]
        return Sent(new, replaced)

    def recorded(self, partner_ids: Container[str]) -> dict[str, Json]:
        """The records that there are of these partners, by id. Raises SwitchboardError."""
        known: dict[str, Json] = {}
        after: str | None = None
        while True:
            answer = self._ask("GET", params={"limit": 500, **({"after": after} if after else {})})
            if answer.status_code == HTTPStatus.FORBIDDEN:
                raise SwitchboardError("the key needs partners:read too, to keep what was entered about partners")
            if not answer.is_success:
                raise SwitchboardError(f"nothing was taken: {answer.json()['detail']}")
            page = cast("dict[str, Any]", answer.json())
            known |= {one["partner_id"]: one for one in page["partners"] if one["partner_id"] in partner_ids}
            after = page["next"]
            if after is None:
                return known

    def _ask(self, method: str, **what: Any) -> httpx.Response:  # noqa: ANN401 - as httpx takes it
        headers = {"Authorization": f"Bearer {self.key}"}
        try:
            answer = httpx.request(method, f"{self.url}/v1/partners", headers=headers, timeout=120, **what)
        except httpx.ConnectError as error:
            raise SwitchboardError(f"{self.url} cannot be reached; nothing was taken") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise SwitchboardError(f"{self.url} did not answer ({error}); importing again is safe") from error
        if not answer.headers.get("content-type", "").startswith(("application/json", "application/problem+json")):
            said = f"{self.url} answered {answer.status_code}, and not as Switchboard does; is it the portal's?"
            raise SwitchboardError(said)
        return answer


def _in_chunks(records: Sequence[Json]) -> Iterator[list[Json]]:
    chunk: list[Json] = []
    size = 0
    for record in records:
        length = len(json.dumps(record))
        if chunk and (len(chunk) == _MOST_PARTNERS or size + length > _MOST_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(record)
        size += length
    if chunk:
        yield chunk
