"""Who calls the API, and what their key lets them do."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from uuid import UUID

from fastapi import Request

from services.intake.api.problems import ApiProblem
from services.intake.desk import Desk, desk_of
from services.intake.store import keys


class Scope(StrEnum):
    """What a key may be good for."""

    NEEDS_WRITE = "needs:write"
    NEEDS_READ = "needs:read"
    PARTNERS_WRITE = "partners:write"
    PARTNERS_READ = "partners:read"
    ADDRESSES_READ = "addresses:read"


@dataclass(frozen=True)
class Caller:
    """A key in use. Without a site it sees all sites, unless it is a partner's: that sees what it referred."""

    name: str
    site_id: UUID | None
    partner_id: UUID | None
    desk: Desk


def hash_key(key: str) -> bytes:
    """What is kept of a key. Keys are long and random, so a plain hash is enough."""
    return hashlib.sha256(key.encode()).digest()


@dataclass(frozen=True)
class Calling:
    """A dependency: the caller, if its key has the scope, and the other one if there is one."""

    scope: Scope
    other: Scope | None = None
    partners_too: bool = False
    """Whether a partner's own key is let in: who says so must show it no more than what it referred."""

    async def __call__(self, request: Request) -> Caller:
        """The caller. Raises ApiProblem for a key that is not good, or not for this."""
        desk = desk_of(request)
        kind, _, key = request.headers.get("authorization", "").partition(" ")
        async with desk.pool.acquire() as connection:
            row = await keys.find_key(connection, hash_key(key)) if kind.casefold() == "bearer" and key else None
        if row is None:
            raise ApiProblem(
                HTTPStatus.UNAUTHORIZED,
                "Send a key that is good: Authorization: Bearer <key>.",
                {"WWW-Authenticate": "Bearer"},
            )
        for scope in (self.scope, self.other):
            if scope is not None and scope not in row.scopes:
                raise ApiProblem(HTTPStatus.FORBIDDEN, f"This key lacks the scope {scope}.")
        if row.partner_id is not None and not self.partners_too:
            raise ApiProblem(HTTPStatus.FORBIDDEN, "A partner's key refers families and reads its referrals, no more.")
        return Caller(row.name, row.site_id, row.partner_id, desk)
