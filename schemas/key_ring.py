"""Key rings as settings name them: the first key is used, all of them are understood, so that keys can be changed."""

import base64

_ID_BYTES, _SECRET_BYTES = 8, 32


def parse_key_ring(text: str) -> dict[str, bytes]:
    """Reads "id:base64,id:base64", in that order. Raises ValueError, without a secret in it."""
    keys: dict[str, bytes] = {}
    for place, part in enumerate(filter(None, (part.strip() for part in text.split(","))), start=1):
        # By its place, since what stands before the colon may be the secret itself.
        key_id, _, secret = part.partition(":")
        try:
            keys[key_id] = base64.b64decode(secret, validate=True)
        except ValueError:
            raise ValueError(f"key number {place} is not base64; write it as id:base64secret") from None
        if not 0 < len(key_id.encode()) <= _ID_BYTES or len(keys[key_id]) < _SECRET_BYTES:
            raise ValueError(f"key number {place} needs an id of 1 to 8 bytes and a secret of at least 32 bytes")
    if not keys:
        raise ValueError("no key given; write one as id:base64secret")
    return keys
