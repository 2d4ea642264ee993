"""What was found at one thing that was looked at, and what to do about it."""

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warning", "broken"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of ``doctor``."""

    check: str
    state: State
    detail: str
    do: str = ""
    """What to do about it; empty where all is well."""
