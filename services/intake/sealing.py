"""A family's identity, sealed: readable with the family's own key alone, which the service's key ring wraps.

Destroying the wrapped key destroys what it sealed, wherever copies of the sealed text lie.
"""

import hashlib
import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.intake.domain.family import Family

_KEY_BITS = 256
_NONCE_BYTES = 12


class KeyKeeper(Protocol):
    """Wraps and unwraps families' keys, each bound to its need: what a key management service does over a network."""

    async def wrap(self, key: bytes, need_id: UUID) -> bytes:
        """The key, wrapped under the newest service key."""

    async def unwrap(self, wrapped: bytes, need_id: UUID) -> bytes:
        """The key. Raises InvalidTag (cryptography) or KeyError for one not wrapped here, or for another need."""

    def is_newest(self, wrapped: bytes) -> bool:
        """Whether it is wrapped under the newest service key."""


@dataclass(frozen=True)
class KeyRing:
    """A key keeper whose keys stand in the settings: the first wraps, all unwrap."""

    keys: Mapping[str, bytes]

    async def wrap(self, key: bytes, need_id: UUID) -> bytes:
        """The key's id, its length before it, then the key under it (AES-256-GCM)."""
        key_id, service_key = next(iter(self.keys.items()))
        return bytes([len(key_id.encode())]) + key_id.encode() + _encrypt(service_key, key, need_id.bytes)

    async def unwrap(self, wrapped: bytes, need_id: UUID) -> bytes:
        """The key. Raises KeyError for a service key that is gone, InvalidTag for another need."""
        key_id, rest = _split(wrapped)
        return _decrypt(self.keys[key_id], rest, need_id.bytes)

    def is_newest(self, wrapped: bytes) -> bool:
        """Whether the first key wrapped it."""
        return _split(wrapped)[0] == next(iter(self.keys))


def _split(wrapped: bytes) -> tuple[str, bytes]:
    length = wrapped[0]
    return wrapped[1 : 1 + length].decode(), wrapped[1 + length :]


@dataclass(frozen=True)
class SealedFamily:
    """What the database holds of a family."""

    wrapped_key: bytes
    sealed: bytes
    phone_hash: bytes | None


@dataclass(frozen=True)
class Seal:
    """Seals and opens. `lookup_key` makes what things are found by; it never changes, or nothing would be found."""

    keeper: KeyKeeper
    lookup_key: bytes

    async def close(self, family: Family, need_id: UUID) -> SealedFamily:
        """Seals a family under a new key of its own, bound to its need (AES-256-GCM)."""
        wrapped, sealed = await self.close_text(family.model_dump_json(), need_id)
        return SealedFamily(wrapped, sealed, self.hash_phone(family.phone) if family.phone else None)

    async def open(self, sealed: SealedFamily, need_id: UUID) -> Family:
        """The family. Raises InvalidTag or KeyError for what this key ring did not seal, or for another need."""
        return Family.model_validate_json(await self.open_text(sealed.wrapped_key, sealed.sealed, need_id))

    async def close_text(self, text: str, about: UUID) -> tuple[bytes, bytes]:
        """Seals a text under a new key of its own: that key, wrapped, and the text (AES-256-GCM)."""
        key = AESGCM.generate_key(_KEY_BITS)
        return await self.keeper.wrap(key, about), _encrypt(key, text.encode(), about.bytes)

    async def open_text(self, wrapped_key: bytes, sealed: bytes, about: UUID) -> str:
        """The text. Raises InvalidTag or KeyError for what was not sealed here, or about another."""
        return _decrypt(await self.keeper.unwrap(wrapped_key, about), sealed, about.bytes).decode()

    async def close_beside(self, sealed: SealedFamily, need_id: UUID, what: str, text: str) -> bytes:
        """Seals one more text under the family's key, so that it goes when the family goes. `what` says what it is."""
        key = await self.keeper.unwrap(sealed.wrapped_key, need_id)
        return _encrypt(key, text.encode(), need_id.bytes + what.encode())

    async def open_beside(self, sealed: SealedFamily, need_id: UUID, what: str, closed: bytes) -> str:
        """The text that `close_beside` sealed."""
        key = await self.keeper.unwrap(sealed.wrapped_key, need_id)
        return _decrypt(key, closed, need_id.bytes + what.encode()).decode()

    async def rewrap(self, wrapped: bytes, need_id: UUID) -> bytes:
        """The same family's key, under the newest service key."""
        return await self.keeper.wrap(await self.keeper.unwrap(wrapped, need_id), need_id)

    def hash_phone(self, phone: str) -> bytes:
        """What a phone is found by, when a text comes in: a keyed hash, since numbers are few enough to try all."""
        return hmac.digest(self.lookup_key, b"phone" + phone.encode(), hashlib.sha256)

    def hash_mark(self, kind: str, text: str) -> bytes:
        """What a household, or a request, is known again by: keyed, since what is hashed can be guessed."""
        return hmac.digest(self.lookup_key, f"mark {kind}\n{text}".encode(), hashlib.sha256)


def _encrypt(key: bytes, plain: bytes, bound_to: bytes) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, bound_to)


def _decrypt(key: bytes, sealed: bytes, bound_to: bytes) -> bytes:
    return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], bound_to)
