"""Reversible encryption of secrets with AES-256-GCM.

A sealed value is `<length of key id><key id><nonce><ciphertext and tag>`. It is bound to its row,
so it cannot be decrypted when moved to another row. The first key encrypts; all of them decrypt.
"""

import secrets
from base64 import urlsafe_b64decode
from binascii import Error as Base64Error
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from linktime_common.errors import SafeToLog

KEY_BYTES = 32
NONCE_BYTES = 12


class SealBroken(SafeToLog):
    """The value was encrypted with an unknown key, for another row, or was changed."""


class Sealer:
    """Encrypts with the first key, decrypts with any."""

    def __init__(self, keys: Sequence[str]) -> None:
        """`keys` are written `<key id>:<base64url of 32 bytes>`; raises ValueError otherwise."""
        self._keys = dict(map(_parse, keys))
        if not self._keys:
            raise ValueError("at least one sealing key is needed")
        self._current = next(iter(self._keys))

    def seal(self, secret: bytes, *, row: str) -> bytes:
        """Encrypt `secret` for `row`, such as `endpoints/<id>`."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = self._keys[self._current].encrypt(nonce, secret, row.encode())
        key_id = self._current.encode()
        return bytes([len(key_id)]) + key_id + nonce + sealed

    def open(self, sealed: bytes, *, row: str) -> bytes:
        """Decrypt the secret; raises SealBroken."""
        end = 1 + sealed[0] if sealed else 0
        key = self._keys.get(sealed[1:end].decode(errors="replace"))
        if key is None:
            raise SealBroken("unknown sealing key")
        nonce, rest = sealed[end : end + NONCE_BYTES], sealed[end + NONCE_BYTES :]
        try:
            return key.decrypt(nonce, rest, row.encode())
        except (InvalidTag, ValueError) as error:
            raise SealBroken("the sealed value cannot be decrypted") from error


def _parse(text: str) -> tuple[str, AESGCM]:
    key_id, _, encoded = text.partition(":")
    try:
        key = urlsafe_b64decode(encoded)
    except Base64Error as error:
        raise ValueError("a sealing key is not base64url") from error
    if not key_id or len(key) != KEY_BYTES:
        raise ValueError(f"a sealing key is '<id>:<base64url of {KEY_BYTES} bytes>'")
    return key_id, AESGCM(key)
