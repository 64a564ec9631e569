"""Signed links: what a person holds instead of an account. A link says who may answer what; the state decides the rest.

A token is base64url of (purpose, ids, expiry, key id, signature): 16 bytes of HMAC-SHA256, so about 100 characters.
"""

import base64
import hashlib
import hmac
import struct
from collections.abc import Callable, Mapping
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
    """Lets one contact of a partner say how, when and whether to be written to."""

    purpose: ClassVar[int] = 3
    partner_id: UUID
    contact_id: UUID
    expires: datetime


@dataclass(frozen=True)
class AddressLink:
    """Lets whoever reads an address say that it is theirs."""

    purpose: ClassVar[int] = 4
    question_id: UUID
    expires: datetime


@dataclass(frozen=True)
class SiteLink:
    """Lets whoever works at a site raise a need there, until the site has another link (`link_id`)."""

    purpose: ClassVar[int] = 5
    site_id: UUID
    link_id: UUID
    expires: datetime


@dataclass(frozen=True)
class RaisedLink:
    """Lets whoever raised a need see how far it has come."""

    purpose: ClassVar[int] = 6
    raised_id: UUID
    expires: datetime


@dataclass(frozen=True)
class ApprovalLink:
    """Lets one person decide whether a need goes out."""

    purpose: ClassVar[int] = 7
    need_id: UUID
    person_id: UUID
    expires: datetime


Link = OfferLink | FamilyLink | ContactLink | AddressLink | SiteLink | RaisedLink | ApprovalLink
_KINDS: Mapping[int, tuple[Callable[..., Link], int]] = {
    kind.purpose: (kind, len(fields(kind)) - 1)
    for kind in (OfferLink, FamilyLink, ContactLink, AddressLink, SiteLink, RaisedLink, ApprovalLink)
}
"""By purpose: the kind of link, and how many ids it names."""


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
    *ids, _ = (getattr(link, one.name) for one in fields(link))
    return struct.pack(">BI", link.purpose, int(link.expires.timestamp())) + b"".join(part.bytes for part in ids)


def _unpack(body: bytes) -> tuple[Link, bytes]:
    purpose, expires_at = struct.unpack_from(">BI", body)
    if purpose not in _KINDS:
        raise ValueError("no such purpose")
    kind, count = _KINDS[purpose]
    end = 5 + 16 * count
    ids = [UUID(bytes=body[start : start + 16]) for start in range(5, end, 16)]
    return kind(*ids, datetime.fromtimestamp(expires_at, UTC)), body[end:]
