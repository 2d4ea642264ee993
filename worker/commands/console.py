"""``console hash-password``.

Why it exists: the configuration keeps no password. It must not print or log one, nor take
it as an argument, which every user of the machine could read.
"""

import getpass
import sys
from typing import Final

from worker.console.passwords import LONGEST
from worker.console.passwords import hash_password as hashed
from worker.errors import SettingsError

SHORTEST: Final = 10


def hash_password() -> None:
    """Print the hash of a password. Raises SettingsError for one that will not do."""
    password = _asked() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
    if len(password) < SHORTEST:
        raise SettingsError(f"the password is shorter than {SHORTEST} characters")
    if len(password) > LONGEST:
        raise SettingsError(f"the password is longer than {LONGEST} characters")
    sys.stdout.write(f"{hashed(password)}\n")


def _asked() -> str:
    password = getpass.getpass("Password: ", sys.stderr)
    if getpass.getpass("Once more: ", sys.stderr) != password:
        raise SettingsError("the two are not the same")
    return password
