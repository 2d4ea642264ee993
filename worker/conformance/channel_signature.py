"""Finds how ``sign`` (参数签名) was made.

Why it exists: every slip that channels make is a row here: another secret, another text, a
time stamp in seconds, the parts in another order, another digest. It must not show a secret.
Source: channel.txt 一 (签名生成步骤).
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from worker.conformance.findings import Finding
from worker.conformance.forms import altered, reserialised
from worker.conformance.known import Known, misread
from worker.conformance.suspects import Way, slips

LONG: Final = 20_000
"""Characters of params beyond which two slips at once are not looked for."""

Order = Callable[[str, str, str], str]
Digest = Callable[[str, str, str, Order], str]


def signature(body: dict[str, Any], channels: Sequence[Known]) -> Iterator[Finding]:
    """Say with which secret ``sign`` was made, and what was done differently."""
    given = body["sign"].strip()
    if given != body["sign"]:
        yield Finding("sign_space", "sign has white space around it")
    params = body["params"]
    texts = [Way(params), *altered(params)] if isinstance(params, str) else _texts_of_object(params)
    steps = (
        _secrets(body.get("app_key"), channels),
        texts,
        _stamps(body.get("time_stamp")),
        _ORDERS,
        _DIGESTS,
    )
    wanted = given.upper().encode()

    def fits(secret: str, text: str, stamp: str, order: Order, digest: Digest) -> bool:
        made = digest(secret, text, stamp, order)
        return hmac.compare_digest(made.upper().encode(), wanted)

    most = 2 if all(len(way.value) <= LONG for way in texts[:1]) else 1
    found = slips(steps, fits, most=most)
    if found is None:
        yield Finding(
            "sign_wrong",
            "sign fits no secret that is known, with no usual slip in a step: is the secret"
            " another, or was params changed after it was signed?",
        )
        return
    for way in found:
        yield Finding(way.kind, way.told if way.kind != "params_reserialised" else _resent(way))
    if not found:
        yield Finding("signed", f"sign fits: {_which(body, channels)}", fault=False)


def _resent(way: Way) -> str:
    return (
        f"sign fits another text of params: {way.told}. Sign the very text that is sent:"
        " serialise once"
    )


def _texts_of_object(params: object) -> list[Way]:
    # The object itself is told of already: here any text of it counts as the right one.
    value = json.loads(json.dumps(params, default=float))
    return [Way(way.value) for way in reserialised(value)]


def _which(body: dict[str, Any], channels: Sequence[Known]) -> str:
    for channel in channels:
        if channel.app_key == body["app_key"]:
            number = len(channel.secrets)
            return f"a secret of channel {channel.app_key}" + (
                f" (it has {number})" if number > 1 else ""
            )
    return "a known secret"


def _secrets(app_key: object, channels: Sequence[Known]) -> list[Way]:
    own = [secret for known in channels if known.app_key == app_key for secret in known.secrets]
    ways = [Way(secret) for secret in own]
    for known in channels:
        if known.app_key == app_key:
            continue
        told = f"signed with the secret of channel {known.app_key}"
        ways += [Way(secret, "secret_of_another", told) for secret in known.secrets]
    for secret in own:
        ways += misread(secret)
    if isinstance(app_key, str):
        ways.append(Way(app_key, "secret_is_app_key", "signed with app_key in place of app_secret"))
    ways.append(Way("", "secret_empty", "signed with an empty secret"))
    return ways


def _stamps(value: object) -> list[Way]:
    text = "" if value is None else str(value)
    ways = [Way(text)]
    if text:
        ways.append(Way("", "time_stamp_unsigned", "signed without the time stamp"))
    if text.isascii() and text.isdigit():
        told = "time_stamp was signed in {}, and sent in {}"
        number = int(text)
        ways.append(
            Way(str(number // 1000), "time_stamp_unit", told.format("seconds", "milliseconds"))
        )
        ways.append(
            Way(str(number * 1000), "time_stamp_unit", told.format("milliseconds", "seconds"))
        )
    return ways


def _order(told: str, make: Order) -> Way:
    right = "; it must be app_secret + params + time_stamp"
    return Way(make, "order" if told else "", told and f"joined in the wrong order: {told}{right}")


_ORDERS: Final = [
    _order("", lambda s, p, t: s + p + t),
    _order("params + app_secret + time_stamp", lambda s, p, t: p + s + t),
    _order("params + time_stamp + app_secret", lambda s, p, t: p + t + s),
    _order("time_stamp + params + app_secret", lambda s, p, t: t + p + s),
    _order("time_stamp + app_secret + params", lambda s, p, t: t + s + p),
    _order("app_secret + time_stamp + params", lambda s, p, t: s + t + p),
    _order("app_secret + params + time_stamp + app_secret", lambda s, p, t: s + p + t + s),
    _order("with & between the parts", lambda s, p, t: f"{s}&{p}&{t}"),
    _order("with + between the parts", lambda s, p, t: f"{s}+{p}+{t}"),
]


def _hashed(name: str, encoding: str = "utf-8") -> Digest:
    def digest(secret: str, text: str, stamp: str, order: Order) -> str:
        joined = order(secret, text, stamp).encode(encoding, "replace")
        return hashlib.new(name, joined, usedforsecurity=False).hexdigest()

    return digest


def _keyed(name: str) -> Digest:
    def digest(secret: str, text: str, stamp: str, order: Order) -> str:
        return hmac.digest(secret.encode(), order("", text, stamp).encode(), name).hex()

    return digest


def _twice(secret: str, text: str, stamp: str, order: Order) -> str:
    once = _hashed("md5")(secret, text, stamp, order).upper()
    return hashlib.md5(once.encode(), usedforsecurity=False).hexdigest()


_DIGESTS: Final = [
    Way(_hashed("md5")),
    Way(_hashed("md5", "gbk"), "encoding", "the text was signed as GBK: it must be UTF-8"),
    Way(_hashed("md5", "utf-16-le"), "encoding", "the text was signed as UTF-16, not UTF-8"),
    Way(_hashed("md5", "latin-1"), "encoding", "the text was signed as Latin-1, not UTF-8"),
    Way(_keyed("md5"), "digest", "signed with HMAC-MD5: it must be plain MD5"),
    Way(_hashed("sha1"), "digest", "signed with SHA-1: it must be MD5"),
    Way(_hashed("sha256"), "digest", "signed with SHA-256: it must be MD5"),
    Way(_keyed("sha256"), "digest", "signed with HMAC-SHA256: it must be plain MD5"),
    Way(_twice, "digest", "MD5 was taken twice"),
]
