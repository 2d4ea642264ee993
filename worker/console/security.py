"""What every answer says to the browser, and whether an unsafe request is the user's own.

Why it exists: a page that is shown in a foreign frame, a script that came with a message's
text, a form that another site sends: each is refused in one place, for every page. It must
not know a page.
"""

import hmac
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

from worker.console.sessions import csrf_of

FIELD: Final = "csrf"
HEADER: Final = "X-CSRF-Token"
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_HTTPS_ONLY: Final = "max-age=31536000"


async def add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    """Put the security headers on an answer; what may be personal is kept by nobody."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.popall("Server", None)


async def add_https_only(_request: web.Request, response: web.StreamResponse) -> None:
    """Have browsers come over https from now on."""
    response.headers.setdefault("Strict-Transport-Security", _HTTPS_ONLY)


def is_own_request(request: web.Request, token: str, sent: str, public_url: str) -> bool:
    """Tell whether an unsafe request comes from a page of ours.

    ``token`` is the cookie's, ``sent`` what the form or the header carries beside it.
    """
    if not token or not hmac.compare_digest(csrf_of(token).encode(), sent.encode()):
        return False
    origin = request.headers.get("Origin")
    if origin is None:
        return request.headers.get("Sec-Fetch-Site", "same-origin") in {"same-origin", "none"}
    came_from = urlsplit(origin).netloc
    return bool(came_from) and came_from in {request.host, urlsplit(public_url).netloc}


def local_path(wanted: str, otherwise: str = "/") -> str:
    """Return a path of ours to go to, never another site's address."""
    safe = wanted.startswith("/") and not wanted.startswith(("//", "/\\"))
    return wanted if safe and wanted.isprintable() else otherwise
