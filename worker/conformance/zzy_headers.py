"""Says what is wrong with ZZY's (中智游) signature in the headers of a call or a notice.

Why it exists: the signature covers partner, milliseconds and path, and the path is what
proxies and casings change. It must not show a key. Source: zzy.txt 鉴权说明.
"""

import hashlib
import hmac
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from contracts.signatures import ZZY_SCHEME
from worker.conformance.findings import Diagnosis, Finding
from worker.conformance.known import misread
from worker.conformance.message import HttpMessage
from worker.conformance.moments import stale, unit_of
from worker.conformance.suspects import Way, slips

HEADERS: Final = ("PartnerId", "Timestamp", "Authorization")
PREFIX: Final = f"Bearer {ZZY_SCHEME}:"


@dataclass(frozen=True, slots=True)
class ZzyKnown:
    """Our account at ZZY, and the paths that are called or signed on purpose."""

    partner_id: str
    sign_keys: tuple[str, ...] = field(repr=False)
    paths: tuple[str, ...] = ()
    """The document's and the configured ones, the callback's public one among them."""
    sign_path: str = ""
    """callback_sign_path: what ZZY signs where a proxy rewrites the path."""


def diagnose(
    message: HttpMessage, path: str, known: ZzyKnown, now: datetime, window: float
) -> Diagnosis:
    """Say what is wrong with the headers of a request to ``path``."""
    return Diagnosis.of(_found(message, path, known, now, window))


def _found(
    message: HttpMessage, path: str, known: ZzyKnown, now: datetime, window: float
) -> Iterator[Finding]:
    partner, stamp, authorization = (message.headers.get(name.lower(), "") for name in HEADERS)
    for name in HEADERS:
        if not message.headers.get(name.lower()):
            yield Finding("missing", f"the header {name} is missing")
    if partner and partner != known.partner_id:
        yield Finding("partner", f"PartnerId is {partner}, not the configured {known.partner_id}")
    if stamp:
        yield from _moment(stamp, now, window)
    if not (partner and stamp and authorization):
        return
    if not authorization.startswith(f"{PREFIX}{partner}:"):
        expected = f"{PREFIX}{{PartnerId}}:{{sign}}"
        yield Finding("authorization", f"Authorization is not of the form {expected}")
    given = authorization.rpartition(":")[2].rpartition(" ")[2]
    yield from _signature(given, (partner, stamp, path), known)


def _moment(stamp: str, now: datetime, window: float) -> Iterator[Finding]:
    if not (stamp.isascii() and stamp.isdigit()):
        yield Finding("time_stamp_no_number", "Timestamp is no whole number")
    elif unit := unit_of(int(stamp), now):
        yield Finding("time_stamp_unit", f"Timestamp is in {unit}: it must be in milliseconds")
    elif told := stale(int(stamp), now, window):
        yield Finding("time_stamp_stale", f"Timestamp {told}")


def _signature(given: str, signed: tuple[str, str, str], known: ZzyKnown) -> Iterator[Finding]:
    partner, stamp, path = signed
    steps = (_keys(known), _partners(partner, known), _stamps(stamp), _paths(path, known), _MADE)
    wanted = given.encode()

    def fits(key: str, who: str, when: str, where: str, make: _Make) -> bool:
        return hmac.compare_digest(make(key, who, when, where).encode(), wanted)

    found = slips(steps, fits)
    if found is None:
        yield Finding("sign_wrong", "the signature fits no known key, path or usual slip")
        return
    for way in found:
        yield Finding(way.kind, way.told)
    if not found:
        yield Finding("signed", f"the signature fits, over the path {path}", fault=False)


def _keys(known: ZzyKnown) -> list[Way]:
    ways = [Way(key) for key in known.sign_keys]
    for key in known.sign_keys:
        ways += misread(key)
        try:
            text = b64decode(key, validate=True).decode("latin-1")
        except ValueError:
            continue
        ways.append(Way(text, "key_decoded", "the key was decoded from Base64: take it as text"))
    return ways


def _partners(partner: str, known: ZzyKnown) -> list[Way]:
    told = "signed with the configured PartnerId, and sent with another"
    return [
        Way(partner),
        *([Way(known.partner_id, "partner", told)] if partner != known.partner_id else []),
        Way("", "partner_unsigned", "signed without the PartnerId"),
    ]


def _stamps(stamp: str) -> list[Way]:
    ways = [Way(stamp), Way("", "time_stamp_unsigned", "signed without the time stamp")]
    if stamp.isascii() and stamp.isdigit():
        told = "the time stamp was signed in {}, and sent in {}"
        shorter, longer = str(int(stamp) // 1000), str(int(stamp) * 1000)
        kind = "time_stamp_unit"
        ways.append(Way(shorter, kind, told.format("seconds", "milliseconds")))
        ways.append(Way(longer, kind, told.format("milliseconds", "seconds")))
    return ways


def _paths(path: str, known: ZzyKnown) -> list[Way]:
    parts = urlsplit(path)
    bare = parts.path
    right = known.sign_path or bare
    others: dict[str, str] = {}
    for text, name in (
        (bare, "the path as it is called (callback_sign_path names another)"),
        (path, "the path with its query"),
        (bare.lower(), "the path in lower case"),
        (bare.removeprefix("/"), "the path without the / before it"),
        (f"{bare}/", "the path with a / behind it"),
        (bare.removesuffix("/"), "the path without the / behind it"),
        ("", "no path at all"),
        (f"/{bare.rpartition('/')[2]}", "the last part of the path alone"),
        ("/" + bare[1:].partition("/")[2], "the path without its first part"),
        *((each, f"the path {each}") for each in known.paths),
        *((each.lower(), f"the path {each.lower()} (lower case)") for each in known.paths),
    ):
        others.setdefault(text, name)
    others.pop(right, None)
    told = f"signed over {{}}, where {right} counts"
    return [Way(right), *(Way(text, "path", told.format(name)) for text, name in others.items())]


_Make = Callable[[str, str, str, str], str]


def _keyed(digest: str, join: Callable[[str, str, str], str]) -> _Make:
    def make(key: str, who: str, when: str, where: str) -> str:
        raw = hmac.digest(key.encode(), join(who, when, where).encode(), digest)
        return b64encode(raw).decode()

    return make


def _hex(key: str, who: str, when: str, where: str) -> str:
    return hmac.digest(key.encode(), f"{who}{when}{where}".encode(), "sha1").hex()


def _base64_of_hex(key: str, who: str, when: str, where: str) -> str:
    return b64encode(_hex(key, who, when, where).encode()).decode()


def _unkeyed(key: str, who: str, when: str, where: str) -> str:
    joined = f"{key}{who}{when}{where}".encode()
    return b64encode(hashlib.sha1(joined, usedforsecurity=False).digest()).decode()


_JOINED = "joined in the wrong order: it must be PartnerId + Timestamp + path"
_MADE: Final[Sequence[Way]] = [
    Way(_keyed("sha1", lambda who, when, where: who + when + where)),
    Way(_keyed("sha1", lambda who, when, where: when + who + where), "order", _JOINED),
    Way(_keyed("sha1", lambda who, when, where: where + who + when), "order", _JOINED),
    Way(_keyed("sha1", lambda who, when, where: who + where + when), "order", _JOINED),
    Way(_keyed("sha256", lambda a, b, c: a + b + c), "digest", "HMAC-SHA256, not HMAC-SHA1"),
    Way(_keyed("md5", lambda a, b, c: a + b + c), "digest", "HMAC-MD5, not HMAC-SHA1"),
    Way(_hex, "encoding", "written in hexadecimal, not in Base64"),
    Way(_base64_of_hex, "encoding", "Base64 of the hexadecimal text, not of the digest's bytes"),
    Way(_unkeyed, "digest", "plain SHA-1 with the key before the text, not HMAC-SHA1"),
]
