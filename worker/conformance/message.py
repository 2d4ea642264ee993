"""Reads an HTTP message that somebody saved: a first line if there is one, headers, a body.

Why it exists: a signature over headers can be judged only with them; they come pasted from
a log or from curl. It must not judge them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class HttpMessage:
    """What was sent; header names in lower case."""

    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(default=b"", repr=False)
    path: str = ""


class MessageError(ValueError):
    """This is no HTTP message."""


def parse_message(raw: bytes) -> HttpMessage:
    """Read a saved message. Raises :class:`MessageError`."""
    head, _, body = raw.replace(b"\r\n\r\n", b"\n\n", 1).partition(b"\n\n")
    try:
        lines = head.decode().splitlines()
    except UnicodeDecodeError:
        raise MessageError("its headers are not UTF-8") from None
    path = ""
    first = lines[0].split() if lines else []
    if len(first) == 3 and first[2].startswith("HTTP/"):  # noqa: PLR2004  (METHOD path HTTP/1.1)
        path, lines = first[1], lines[1:]
    return HttpMessage(parse_headers(lines), body, path)


def parse_headers(lines: Iterable[str]) -> dict[str, str]:
    """Read ``Name: value`` lines, also those of ``curl -v``. Raises :class:`MessageError`."""
    headers = {}
    for line in lines:
        name, colon, value = line.strip().removeprefix("> ").partition(":")
        if not name:
            continue
        if not colon or not name.isascii() or " " in name.strip():
            raise MessageError("a header is written 'Name: value'")
        headers[name.strip().lower()] = value.strip()
    return headers
