"""``sign`` and ``verify``.

Why it exists: which secrets are held against a signature comes from the settings or from a
file, never from the command line, and none is printed. It must not judge a signature:
conformance/ does.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from contracts.zzy import Endpoint
from worker import configured
from worker.clock import SystemClock
from worker.conformance import channel_request, webhook, zzy_headers
from worker.conformance.findings import Diagnosis
from worker.conformance.known import Known
from worker.conformance.message import HttpMessage, MessageError, parse_headers, parse_message
from worker.conformance.steps import Step, channel_steps, zzy_steps
from worker.errors import SettingsError
from worker.settings import Settings

STDIN = "-"


@dataclass(frozen=True, slots=True)
class Whose:
    """Which channel is meant, and a file that holds its secret."""

    app_key: str | None = None
    secret_file: str | None = None


def sign_channel(
    settings: Settings, whose: Whose, params: str, time_stamp: int | None, *, shown: str
) -> None:
    """Print how ``params`` is signed. Raises SettingsError without a secret."""
    app_key, secret = signing_secret(settings, whose)
    text = _decoded(_content(params))
    steps = channel_steps(app_key, secret, text, time_stamp or _now_ms())
    _print_steps(steps, shown)
    if text != text.strip():
        sys.stderr.write("params has white space at an end; it is signed as it is\n")


def sign_zzy(
    settings: Settings, secret_file: str | None, path: str, time_stamp: int | None, *, shown: str
) -> None:
    """Print how a call to ZZY is signed. Raises SettingsError without a key."""
    keys = (_secret(secret_file),) if secret_file else settings.zzy.sign_keys
    if not keys:
        raise SettingsError("no sign key: set zzy.sign_key, or name a --secret-file")
    partner = str(settings.zzy.partner_id)
    _print_steps(zzy_steps(partner, keys[0], time_stamp or _now_ms(), path), shown)


def verify_channel(
    settings: Settings, whose: Whose, body: str, *, now_ms: int | None, as_json: bool
) -> bool:
    """Print what is wrong with a signed body; return False if anything is."""
    channels = known_channels(settings, whose)
    window = settings.ingress.time_stamp_window_seconds
    found = channel_request.diagnose(_content(body), channels, _moment(now_ms), window)
    return _print_diagnosis(found, as_json=as_json)


def verify_webhook(  # noqa: PLR0913  (one for each option)
    settings: Settings,
    whose: Whose,
    message: str,
    headers: Sequence[str],
    *,
    now_ms: int | None,
    as_json: bool,
) -> bool:
    """Print what is wrong with a notification's headers and body."""
    channels = known_channels(settings, whose)
    asked = _message(message, headers)
    window = settings.ingress.time_stamp_window_seconds
    found = webhook.diagnose(asked, channels, _moment(now_ms), window)
    return _print_diagnosis(found, as_json=as_json)


def verify_zzy(  # noqa: PLR0913  (one for each option)
    settings: Settings,
    secret_file: str | None,
    message: str,
    headers: Sequence[str],
    path: str,
    *,
    now_ms: int | None,
    as_json: bool,
) -> bool:
    """Print what is wrong with the headers of a call to ZZY, or of a notice from it."""
    asked = _message(message or "\n", headers)
    called = path or asked.path or settings.ingress.zzy_callback_path
    account = configured.zzy_access(settings)
    is_notice = called.partition("?")[0] == settings.ingress.zzy_callback_path
    known = zzy_headers.ZzyKnown(
        partner_id=account.partner_id,
        sign_keys=(_secret(secret_file),) if secret_file else settings.zzy.sign_keys,
        paths=(
            *(str(endpoint) for endpoint in Endpoint),
            *account.paths.values(),
            settings.ingress.zzy_callback_path,
        ),
        sign_path=(settings.ingress.callback_sign_path or "") if is_notice else "",
    )
    if not known.sign_keys:
        raise SettingsError("no sign key: set zzy.sign_key, or name a --secret-file")
    window = settings.ingress.callback_window_seconds
    found = zzy_headers.diagnose(asked, called, known, _moment(now_ms), window)
    return _print_diagnosis(found, as_json=as_json)


# --- secrets ----------------------------------------------------------------------------


def signing_secret(settings: Settings, whose: Whose) -> tuple[str, str]:
    """Return an app_key and the secret that signs for it. Raises SettingsError."""
    for known in known_channels(settings, whose):
        if known.app_key == (whose.app_key or known.app_key) and known.secrets:
            return known.app_key, known.secrets[0]
    raise SettingsError(f"channel {whose.app_key} is not configured, or has no secret")


def known_channels(settings: Settings, whose: Whose) -> list[Known]:
    """Return whose secrets are known, the one that is meant first. Raises SettingsError."""
    channels = [Known(channel.app_key, channel.secrets) for channel in settings.channels]
    if whose.secret_file:
        named = whose.app_key or next((known.app_key for known in channels), "")
        if not named:
            raise SettingsError("--secret-file needs --app-key: whose secret is it?")
        others = [known for known in channels if known.app_key != named]
        return [Known(named, (_secret(whose.secret_file),)), *others]
    if not channels:
        raise SettingsError("no channel is configured: name a --secret-file and its --app-key")
    return channels


def _secret(file: str) -> str:
    try:
        raw = sys.stdin.buffer.read() if file == STDIN else Path(file).read_bytes()
        secret = raw.decode("utf-8-sig").rstrip("\r\n")
    except OSError as error:
        raise SettingsError(f"--secret-file: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SettingsError("--secret-file: not UTF-8") from None
    if not secret:
        raise SettingsError("--secret-file: empty")
    return secret


# --- what is read and printed -----------------------------------------------------------


def _content(argument: str) -> bytes:
    """Return the argument's text; ``-`` is stdin, ``@FILE`` a file, as with curl."""
    if argument == STDIN:
        return sys.stdin.buffer.read()
    if not argument.startswith("@"):
        return argument.encode("utf-8", "surrogateescape")
    try:
        return Path(argument[1:]).read_bytes()
    except OSError as error:
        raise SettingsError(f"{argument[1:]}: {error.strerror}") from None


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise SettingsError("params is not UTF-8") from None


def _message(argument: str, headers: Sequence[str]) -> HttpMessage:
    raw = _content(argument)
    try:
        return HttpMessage(parse_headers(headers), raw) if headers else parse_message(raw)
    except MessageError as error:
        raise SettingsError(f"not headers, a blank line and a body: {error}") from None


def _now_ms() -> int:
    return int(SystemClock().now().timestamp() * 1000)


def _moment(now_ms: int | None) -> datetime:
    return datetime.fromtimestamp(now_ms / 1000, UTC) if now_ms else SystemClock().now()


def _print_steps(steps: Sequence[Step], shown: str) -> None:
    if shown == "json":
        _write(json.dumps({step.name: step.value for step in steps}, ensure_ascii=False))
        return
    for step in steps:
        if shown == "result":
            if step.name in {"body", "PartnerId", "Timestamp", "Authorization"}:
                _write(step.value)
            continue
        if step.told:
            _write(step.told)
        _write(f"     {step.value}")


def _print_diagnosis(found: Diagnosis, *, as_json: bool) -> bool:
    if as_json:
        findings = [
            {"kind": each.kind, "fault": each.fault, "text": each.text} for each in found.findings
        ]
        _write(json.dumps({"good": found.good, "findings": findings}, ensure_ascii=False))
        return found.good
    for each in found.findings:
        _write(f"{'✗' if each.fault else '·'} {each.text}")
    _write("good" if found.good else "not good")
    return found.good


def _write(line: str) -> None:
    sys.stdout.write(f"{line}\n")
