"""Signed links: what a person holds instead of an account. A link says who may answer what; the state decides the rest.

A token is base64url of (purpose, ids, expiry, key id, signature): 16 bytes of HMAC-SHA256, so about 100 characters.
"""

import base64
import hashlib
import hmac
import struct
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import ClassVar
from uuid import UUID

from schemas.key_ring import parse_key_ring

_SIGNATURE_BYTES = 16


class BadLink(ValueError):
    """The link is forged, cut short, or signed by a key that is gone."""


class ExpiredLink(BadLink):
    """The link was good once."""


@dataclass(frozen=True)
class OfferLink:
    """Lets one contact of a partner see and answer one offer."""

    purpose: ClassVar[int] = 1
    need_id: UUID
    offer_id: UUID
    contact_id: UUID
    expires: datetime


@dataclass(frozen=True)
class FamilyLink:
    """Lets a family say whether the help arrived."""

    purpose: ClassVar[int] = 2
    need_id: UUID
    expires: datetime


@dataclass(frozen=True)
class ContactLink:
    """Lets one contact of a partner say how, when and whether to be written to, and that an address is theirs."""

    purpose: ClassVar[int] = 3
    partner_id: UUID
    contact_id: UUID
    expires: datetime


@dataclass(frozen=True)
class SiteLink:
    """Lets whoever works at a site raise a need there, until the site has another link (`link_id`)."""

    purpose: ClassVar[int] = 4
    site_id: UUID
    link_id: UUID
    expires: datetime


@dataclass(frozen=True)
class RaisedLink:
    """Lets whoever raised a need see how far it has come."""

    purpose: ClassVar[int] = 5
    raised_id: UUID
    expires: datetime


@dataclass(frozen=True)
class ApprovalLink:
    """Lets one person decide whether a need goes out."""

    purpose: ClassVar[int] = 6
    need_id: UUID
    person_id: UUID
    expires: datetime


Link = OfferLink | FamilyLink | ContactLink | SiteLink | RaisedLink | ApprovalLink
_KINDS: Mapping[int, type[Link]] = {
    kind.purpose: kind for kind in (OfferLink, FamilyLink, ContactLink, SiteLink, RaisedLink, ApprovalLink)
}


@dataclass(frozen=True)
class LinkKeys:
    """The key ring: the first key signs, all verify."""

    keys: Mapping[str, bytes]

    @classmethod
    def parse(cls, text: str) -> "LinkKeys":
        """Reads "id:base64,id:base64". Raises ValueError, without the secret in it, when that is not what it is."""
        return cls(parse_key_ring(text))

    def sign(self, link: Link) -> str:
        """The token that goes into a URL."""
        key_id, secret = next(iter(self.keys.items()))
        body = _pack(link) + struct.pack("B", len(key_id)) + key_id.encode()
        return base64.urlsafe_b64encode(body + _signature(secret, body)).rstrip(b"=").decode()

    def verify(self, token: str, now: datetime) -> Link:
        """The link behind a token. Raises BadLink or ExpiredLink."""
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
            body, signature = raw[:-_SIGNATURE_BYTES], raw[-_SIGNATURE_BYTES:]
            link, rest = _unpack(body)
            key_id = rest[1:].decode()
        except (ValueError, struct.error, IndexError, OverflowError, OSError) as error:
            raise BadLink("the link is damaged") from error
        secret = self.keys.get(key_id)
        if secret is None or rest[0] != len(rest) - 1 or not hmac.compare_digest(signature, _signature(secret, body)):
            raise BadLink("the link was not signed by us")
        if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != token:
            raise BadLink("the link is damaged")
        if link.expires <= now:
            raise ExpiredLink("the link has expired")
        return link


def _signature(secret: bytes, body: bytes) -> bytes:
    return hmac.digest(secret, b"switchboard-link" + body, hashlib.sha256)[:_SIGNATURE_BYTES]


def _pack(link: Link) -> bytes:
    ids = b"".join(getattr(link, name).bytes for name in _ids_of(type(link)))
    return struct.pack(">BI", link.purpose, int(link.expires.timestamp())) + ids


def _unpack(body: bytes) -> tuple[Link, bytes]:
    purpose, expires_at = struct.unpack_from(">BI", body)
    kind = _KINDS.get(purpose)
    if kind is None:
        raise ValueError("no such purpose")
    names = _ids_of(kind)
    end = 5 + 16 * len(names)
    ids = {name: UUID(bytes=body[5 + 16 * place : 21 + 16 * place]) for place, name in enumerate(names)}
    return kind(**ids, expires=datetime.fromtimestamp(expires_at, UTC)), body[end:]


def _ids_of(kind: type[Link]) -> list[str]:
    return [field.name for field in fields(kind) if field.name != "expires"]
