"""Personal data at rest: sealed under a key, and bound to the place where it lies.

Why it exists: a copy of a disk must not tell who visits what. One AES-256-GCM call seals a
whole body; its row and column are authenticated with it, so that no two can change places.
A header names the key, so that old keys open what the newest would no longer seal. What was
stored before there were keys is read as it is. It must not know what a body holds.
Source: docs/decisions/0017-sealed-at-rest.md.
"""

import hashlib
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from worker.errors import SealedError
from worker.telemetry import alarm

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MARK: Final = b"\0tbs"
"""How everything begins that was sealed; no JSON does."""
_SEALED: Final = MARK + b"\1"
_ESCAPED: Final = MARK + b"\0"
"""Before a plain body that begins like a sealed one: whoever wrote it, it is only a body."""
KEY_BYTES: Final = 32
KEY_ID_BYTES: Final = 8
NONCE_BYTES: Final = 12
_NONCE: Final = len(_SEALED) + KEY_ID_BYTES
_HEADER: Final = _NONCE + NONCE_BYTES
PLAIN: Final = ""
"""What stands for a key's id where there is none."""


def key_id(key: bytes) -> bytes:
    """Return the name of a key, which tells nothing of the key."""
    return hashlib.sha256(b"ticketbridge key id\0" + key).digest()[:KEY_ID_BYTES]


def sealed_under(kept: bytes) -> str:
    """Return the id of the key that this was sealed under; ``PLAIN`` if it was not."""
    return kept[len(_SEALED) : _NONCE].hex() if kept.startswith(_SEALED) else PLAIN


class Sealer:
    """Seals under the newest key, opens under any; without keys all stays plain."""

    def __init__(self, keys: Iterable[bytes] = ()) -> None:
        """Take keys of 32 bytes, newest first."""
        known = tuple(keys)
        self._opening = {key_id(key): _cipher(key) for key in known}
        self._sealing = self._opening[key_id(known[0])] if known else None
        self.head = _SEALED + key_id(known[0]) if known else b""
        """How everything begins that is sealed under the newest key; empty without keys."""
        self._alarmed: set[str] = set()

    @property
    def current(self) -> str:
        """The id of the key that seals, or ``PLAIN``."""
        return sealed_under(self.head)

    def seal(self, body: bytes, place: str, row: str) -> bytes:
        """Return the body as it is to be kept in this row of this place."""
        if self._sealing is None:
            return _ESCAPED + body if body.startswith(MARK) else body
        nonce = os.urandom(NONCE_BYTES)
        return self.head + nonce + self._sealing.encrypt(nonce, body, _bound(place, row))

    def open(self, kept: bytes, place: str, row: str) -> bytes:
        """Return the body again. Raises SealedError, and calls a person, where it cannot be."""
        if not kept.startswith(MARK):
            return kept
        if kept.startswith(_ESCAPED):
            return kept[len(_ESCAPED) :]
        if not kept.startswith(_SEALED):
            raise self._damaged(place, row)
        cipher = self._opening.get(kept[len(_SEALED) : _NONCE])
        if cipher is None:
            raise self._key_missing(kept, place, row)
        try:
            return cipher.decrypt(kept[_NONCE:_HEADER], kept[_HEADER:], _bound(place, row))
        except Exception:  # noqa: BLE001  (whatever keeps it from being what was sealed)
            raise self._damaged(place, row) from None

    def _key_missing(self, kept: bytes, place: str, row: str) -> SealedError:
        named = sealed_under(kept)
        if named not in self._alarmed:
            self._alarmed.add(named)
            alarm("encryption_key_missing", key_id=named, place=place, row=row)
        return SealedError(
            f"{place} of {row} is sealed under the key {named}, which is not among"
            " privacy.encryption_keys: put that key back"
        )

    def _damaged(self, place: str, row: str) -> SealedError:
        where = f"{place} of {row}"
        if where not in self._alarmed and len(self._alarmed) < 1_000:  # noqa: PLR2004  (bounded)
            self._alarmed.add(where)
            alarm("sealed_data_damaged", place=place, row=row)
        return SealedError(f"{where} was changed, or taken from another row: it cannot be opened")


def _cipher(key: bytes) -> "AESGCM":
    """Return what seals under a key; who has none is spared the loading of the library."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

    return AESGCM(key)


def _bound(place: str, row: str) -> bytes:
    return f"{place}\0{row}".encode("utf-8", "surrogatepass")
