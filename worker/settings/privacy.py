"""How personal data is kept: under which keys, and for how long.

Why it exists: what protects the people behind the orders stands together. It must not print
a key, not even a wrong one. Source: docs/decisions/0017-sealed-at-rest.md.
"""

import base64
import binascii
from typing import Annotated, Final

from pydantic import Field, SecretStr, field_validator

from worker.settings.section import Section

KEY_BYTES: Final = 32


def key_of(text: str) -> bytes | None:
    """Return the 32 bytes that a text writes as hex or as base64; None if it does not."""
    text = text.strip()
    try:
        if len(text) == 2 * KEY_BYTES:
            return bytes.fromhex(text)
        plain = text.rstrip("=").translate(str.maketrans("-_", "+/"))
        key = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (ValueError, binascii.Error):
        return None
    return key if len(key) == KEY_BYTES else None


class Privacy(Section):
    """How personal data is stored."""

    encryption_keys: tuple[SecretStr, ...] = ()
    """32 random bytes each, as base64 or hex; newest first. Empty: stored plain."""
    retention_days: Annotated[int, Field(ge=0, le=36_500)] = 0
    """So long after an order's end its people are forgotten; 0: never."""

    @field_validator("encryption_keys")
    @classmethod
    def _keys(cls, keys: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for number, key in enumerate(keys, 1):
            if key_of(key.get_secret_value()) is None:
                raise ValueError(f"number {number} is not 32 bytes written as base64 or as hex")
        return keys

    @property
    def keys(self) -> tuple[bytes, ...]:
        """The keys themselves, newest first."""
        found = (key_of(key.get_secret_value()) for key in self.encryption_keys)
        return tuple(key for key in found if key)
