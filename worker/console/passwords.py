"""Passwords as argon2 hashes.

Why it exists: what is configured must be of no use to whoever reads it. It must not know
who may log in. One check costs 64 MiB and some tens of milliseconds on purpose, so few run
at a time, beside the event loop.
"""

import asyncio
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

AT_A_TIME: Final = 2
LONGEST: Final = 1_024
"""Longer passwords are refused: hashing them is work that anybody could ask for."""

_HASHER: Final = PasswordHasher()


def hash_password(password: str) -> str:
    """Return the hash that the configuration keeps."""
    return _HASHER.hash(password)


@cache
def nobodys_hash() -> str:
    """Return a hash that no password fits: an unknown name costs as much as a known one."""
    return _HASHER.hash("\x00")


def fits(password_hash: str, password: str) -> bool:
    """Tell whether the password is the one that was hashed."""
    if not password or len(password) > LONGEST or "\x00" in password:
        return False
    try:
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


class Passwords:
    """Checks passwords beside the event loop."""

    def __init__(self) -> None:
        """Allow ``AT_A_TIME`` checks at a time."""
        self._turns = asyncio.Semaphore(AT_A_TIME)

    async def check(self, password_hash: str | None, password: str) -> bool:
        """Tell whether the password fits; with no hash it never does, and takes as long."""
        async with self._turns:
            if password_hash is None:
                await asyncio.to_thread(fits, await asyncio.to_thread(nobodys_hash), password)
                return False
            return await asyncio.to_thread(fits, password_hash, password)
