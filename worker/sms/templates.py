"""Texts with named placeholders, filled in and escaped by the place where they stand.

Why it exists: a gateway's parameters come from the configuration and a guest's data from
outside; neither may break out of its place. It must not know which placeholders there are.
"""

import json
import re
import string
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import quote

Escape = Callable[[str], str]

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]+")


class _Template(string.Template):
    idpattern = r"(?a:[a-z][a-z0-9_]*)"
    flags = re.RegexFlag(0)


def fill(template: str, values: Mapping[str, str], escape: Escape) -> str:
    """Return the template with every ``${name}`` replaced by its escaped value."""
    names = _Template(template).get_identifiers()
    return _Template(template).substitute({name: escape(values[name]) for name in names})


def names(template: str) -> set[str]:
    """Return the placeholders that a template names."""
    return set(_Template(template).get_identifiers())


def as_is(value: str) -> str:
    """Leave a value that is escaped later, or is only read by people."""
    return value


def in_header(value: str) -> str:
    """Take out what would end a header."""
    return _CONTROL.sub(" ", value)


def in_json(value: str) -> str:
    """Escape a value that stands inside the quotes of a JSON text."""
    return json.dumps(value, ensure_ascii=False)[1:-1]


def percent(value: str) -> str:
    """Encode everything but the unreserved characters of RFC 3986, section 2.3."""
    return quote(value, safe="~")
