"""The files that browsers load: styles, scripts, icons; all of them ours or vendored.

Why it exists: nothing is fetched from elsewhere, and a name with its digest may be kept by
the browser for a year. Only what lies in static/ is served: a path is looked up, never
opened. It must not render anything.
"""

import hashlib
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from importlib.resources import files
from typing import Final

from aiohttp import web

_TYPES: Final = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "txt": "text/plain; charset=utf-8",
}
_YEAR: Final = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file."""

    body: bytes
    content_type: str
    digest: str


@cache
def assets() -> dict[str, Asset]:
    """Return every file of static/ by its name."""
    found = {}
    for file in (files(__package__) / "static").iterdir():
        kind = _TYPES.get(file.name.rpartition(".")[2])
        if kind:
            body = file.read_bytes()
            digest = hashlib.sha256(body).hexdigest()[:12]
            found[file.name] = Asset(body, kind, digest)
    return found


def asset_url(name: str) -> str:
    """Return the address of a file. Raises KeyError for one that there is not."""
    return f"/static/{assets()[name].digest}/{name}"


async def serve(request: web.Request) -> web.Response:
    """Answer with a file, if its digest is the one that it has."""
    asset = assets().get(request.match_info["name"])
    if asset is None or asset.digest != request.match_info["digest"]:
        raise web.HTTPNotFound
    headers = {"Content-Type": asset.content_type, "Cache-Control": _YEAR}
    return web.Response(body=asset.body, status=HTTPStatus.OK, headers=headers)
