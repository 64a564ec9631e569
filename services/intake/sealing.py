"""A family's identity, sealed: readable with the family's own key alone, which the service key wraps.

Deleting the wrapped key deletes the family, in every backup too.
"""

import hashlib
import hmac
import os
from dataclasses import dataclass
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.intake.domain.family import Family

_NONCE_BYTES = 12


@dataclass(frozen=True)
class SealedFamily:
    """What the database holds of a family."""

    wrapped_key: bytes
    sealed: bytes
    phone_hash: bytes | None


@dataclass(frozen=True)
class Seal:
    """Seals and opens, with the service key."""

    service_key: bytes

    def close(self, family: Family, need_id: UUID) -> SealedFamily:
        """Seals a family under a new key of its own, bound to its need (AES-256-GCM)."""
        key = AESGCM.generate_key(256)
        return SealedFamily(
            wrapped_key=_encrypt(self.service_key, key, need_id),
            sealed=_encrypt(key, family.model_dump_json().encode(), need_id),
            phone_hash=self.hash_phone(family.phone) if family.phone else None,
        )

    def open(self, sealed: SealedFamily, need_id: UUID) -> Family:
        """The family. Raises cryptography's InvalidTag for another key or another need."""
        key = _decrypt(self.service_key, sealed.wrapped_key, need_id)
        return Family.model_validate_json(_decrypt(key, sealed.sealed, need_id))

    def hash_phone(self, phone: str) -> bytes:
        """What a phone is found by, when a text comes in: a keyed hash, since numbers are few enough to try all."""
        return hmac.digest(self.service_key, b"phone" + phone.encode(), hashlib.sha256)

    def hash_mark(self, kind: str, text: str) -> bytes:
        """What a household is found by, when a need of it comes in again: see `domain/households.py`."""
        return hmac.digest(self.service_key, f"mark {kind}\n{text}".encode(), hashlib.sha256)


def _encrypt(key: bytes, plain: bytes, need_id: UUID) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, need_id.bytes)


def _decrypt(key: bytes, sealed: bytes, need_id: UUID) -> bytes:
    return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], need_id.bytes)
