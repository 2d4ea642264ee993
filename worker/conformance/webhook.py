"""Says what is wrong with the ``Webhook-`` headers of a notification, as a receiver sees it.

Why it exists: a channel that refuses our notifications, and an operator who must show that
they are right, look at the same message. It must not show a secret.
Source: docs/channel-guide.md; Standard Webhooks.
"""

import hmac
import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Final

from worker.conformance import channel_request
from worker.conformance.findings import Diagnosis, Finding
from worker.conformance.forms import altered
from worker.conformance.known import Known, misread
from worker.conformance.message import HttpMessage
from worker.conformance.moments import stale, unit_of
from worker.conformance.suspects import Way, slips

HEADERS: Final = ("Webhook-Id", "Webhook-Timestamp", "Webhook-Signature")


def diagnose(
    message: HttpMessage, channels: Sequence[Known], now: datetime, window: float
) -> Diagnosis:
    """Say what is wrong with a notification; its envelope is judged too where it has one."""
    return Diagnosis.of(_found(message, channels, now, window))


def _found(
    message: HttpMessage, channels: Sequence[Known], now: datetime, window: float
) -> Iterator[Finding]:
    number, stamp, given = (message.headers.get(name.lower(), "") for name in HEADERS)
    for name in HEADERS:
        if not message.headers.get(name.lower()):
            yield Finding("missing", f"the header {name} is missing")
    if stamp:
        yield from _moment(stamp, now, window)
    if number and stamp and given:
        yield from _signature((number, stamp, given), message.body, channels)
    if _enveloped(message.body):
        yield from channel_request.diagnose(message.body, channels, now, window).findings


def _enveloped(body: bytes) -> bool:
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(fields, dict) and {"params", "sign"} <= fields.keys()


def _moment(stamp: str, now: datetime, window: float) -> Iterator[Finding]:
    if not (stamp.isascii() and stamp.isdigit()):
        yield Finding("webhook_timestamp", "Webhook-Timestamp is no whole number")
    elif not unit_of(int(stamp), now) or unit_of(int(stamp), now) != "seconds":
        yield Finding("webhook_timestamp", "Webhook-Timestamp is not in seconds")
    elif told := stale(int(stamp) * 1000, now, window):
        yield Finding("webhook_stale", f"Webhook-Timestamp {told}")


def _signature(
    headers: tuple[str, str, str], body: bytes, channels: Sequence[Known]
) -> Iterator[Finding]:
    number, stamp, given = headers
    entries = [entry.encode() for entry in given.split()]
    if not any(entry.startswith(b"v1,") for entry in entries):
        told = "Webhook-Signature holds no entry that begins with v1,"
        yield Finding("webhook_version", told)
        entries = [b"v1," + entry for entry in entries]
    steps = (_secrets(channels), _bodies(body), _MADE)

    def fits(secret: bytes, carried: bytes, make: _Make) -> bool:
        made = b"v1," + make(secret, (number.encode(), stamp.encode(), carried))
        return any([hmac.compare_digest(made, entry) for entry in entries])  # noqa: C419  (constant time)

    found = slips(steps, fits)
    if found is None:
        yield Finding(
            "webhook_wrong",
            "Webhook-Signature fits no known secret: another secret, or"
            " the body is not the very bytes that were sent",
        )
        return
    for way in found:
        yield Finding(way.kind, way.told)
    if not found:
        yield Finding("webhook_signed", "Webhook-Signature fits", fault=False)


def _secrets(channels: Sequence[Known]) -> list[Way]:
    ways = [Way(secret.encode()) for known in channels for secret in known.secrets]
    for secret in [secret for known in channels for secret in known.secrets]:
        ways += [Way(way.value.encode(), way.kind, way.told) for way in misread(secret)]
        try:
            raw = b64decode(secret.removeprefix("whsec_"), validate=True)
        except ValueError:
            continue
        told = "the secret was decoded from Base64: the key is its UTF-8 text"
        ways.append(Way(raw, "secret_decoded", told))
    return ways


def _bodies(body: bytes) -> list[Way]:
    ways = [Way(body)]
    text = body.decode("utf-8", "replace")
    told = "Webhook-Signature fits another text of the body: {}. Sign and verify the raw bytes"
    ways += [
        Way(way.value.encode(), "body_altered", told.format(way.told)) for way in altered(text)
    ]
    try:
        params = json.loads(body)["params"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ways
    if isinstance(params, str):
        told = "signed over params alone: the whole body counts"
        ways.append(Way(params.encode(), "body_params", told))
    return ways


_Make = Callable[[bytes, tuple[bytes, bytes, bytes]], bytes]


def _keyed(join: Callable[[bytes, bytes, bytes], bytes], digest: str = "sha256") -> _Make:
    def make(secret: bytes, parts: tuple[bytes, bytes, bytes]) -> bytes:
        return b64encode(hmac.digest(secret, join(*parts), digest))

    return make


def _hex(secret: bytes, parts: tuple[bytes, bytes, bytes]) -> bytes:
    return hmac.digest(secret, b".".join(parts), "sha256").hex().encode()


_PARTS = "it must be id.timestamp.body"
_MADE: Final = [
    Way(_keyed(lambda i, t, b: b".".join((i, t, b)))),
    Way(_keyed(lambda _, t, b: b".".join((t, b))), "webhook_parts", f"signed without id: {_PARTS}"),
    Way(_keyed(lambda _i, _t, b: b), "webhook_parts", f"signed over the body alone: {_PARTS}"),
    Way(_keyed(lambda i, t, b: i + t + b), "webhook_parts", f"signed without dots: {_PARTS}"),
    Way(_keyed(lambda i, t, b: b".".join((t, i, b))), "webhook_parts", f"wrong order: {_PARTS}"),
    Way(_hex, "webhook_encoding", "written in hexadecimal, not in Base64"),
    Way(_keyed(lambda i, t, b: b".".join((i, t, b)), "sha1"), "webhook_digest", "HMAC-SHA1"),
]
