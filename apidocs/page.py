"""What a page consists of, whichever document it is made from.

Why it exists: one template draws both. It must not know a specification.
"""

from dataclasses import dataclass, field
from typing import Any

from apidocs.fields import Shape


@dataclass(frozen=True, slots=True)
class Body:
    """Something that is sent: a request, an answer, a message."""

    title: str
    text: str = ""
    shape: Shape | None = None
    headers: Shape | None = None
    example: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that can be called, published or received."""

    id: str
    badge: str
    address: str
    summary: str
    text: str = ""
    facts: dict[str, str] = field(default_factory=dict)
    sent: list[Body] = field(default_factory=list)
    answered: list[Body] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Group:
    """Entries that belong together."""

    title: str
    text: str
    entries: list[Entry]


@dataclass(frozen=True, slots=True)
class Page:
    """A whole document."""

    title: str
    version: str
    text: str
    format: str
    groups: list[Group]


Document = dict[str, Any]
