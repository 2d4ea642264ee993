"""What a process may do: the roles.

Why it exists: the command line names them before anything of a role is loaded. It must not
import anything of ours.
"""

from enum import StrEnum


class Role(StrEnum):
    """What a process does; without a choice it does all."""

    INGRESS = "ingress"
    SAGA = "saga"
    RELAY = "relay"
    CONSOLE = "console"
