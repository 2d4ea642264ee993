"""Every secret of a configuration by its name, and how strong it is.

Why it exists: a secret that is short, well-known or used twice is worth a word, whichever
setting it stands in. It must not print the value of a secret.
"""

from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote, urlsplit

from worker.settings.models import Settings

SHORTEST_SECRET: Final = 16
EXAMPLES: Final = frozenset(
    {
        "…",
        "123456",
        "admin",
        "change-me",
        "changeme",
        "demo-sign-key",
        "example",
        "guest",
        "password",
        "postgres",
        "rabbitmq",
        "root",
        "s3cret",
        "secret",
        "test",
        "ticketbridge",
        "zhongzhiyou",
    }
)
"""What stands in documents, images and examples, and is tried first."""

Named = tuple[str, str]
"""The setting and its value, which goes nowhere."""


def weak_secrets(settings: Settings) -> Iterator[str]:
    """Yield a sentence for each secret that is weak, without its value."""
    for name, secret in named_secrets(settings):
        if why := _why_weak(secret):
            yield f"{name} is weak: {why}"
    yield from _repeated(settings)


def named_secrets(settings: Settings) -> Iterator[Named]:
    """Yield every secret that is set, but for the keys that seal: those are no text."""
    zzy = settings.zzy
    yield from _set("zzy.sign_key", zzy.sign_key.get_secret_value())
    for number, key in enumerate(zzy.previous_sign_keys, 1):
        yield from _set(f"zzy.previous_sign_keys number {number}", key.get_secret_value())
    for channel in settings.channels:
        for number, text in enumerate(channel.secrets, 1):
            yield f"channel {channel.app_key}: app_secrets number {number}", text
    yield from _set("sms.gateway_secret", settings.sms.gateway_secret.get_secret_value())
    yield from _set("catalogue.purchase_key", settings.catalogue.purchase_key.get_secret_value())
    for name, url in _urls(settings):
        if (password := urlsplit(url).password) is not None:
            yield f"{name}: its password", unquote(password)


def _set(name: str, secret: str) -> Iterator[Named]:
    if secret:
        yield name, secret


def _urls(settings: Settings) -> Iterator[Named]:
    """Yield the addresses whose password is worth a word: those of other machines."""
    for name, url in (
        ("database_url", settings.database_url),
        ("broker_url", settings.broker_url),
    ):
        if not is_local(url):
            yield name, url


def _repeated(settings: Settings) -> Iterator[str]:
    """Yield which settings hold one secret: who learns one of them has the other, too."""
    places: dict[str, list[str]] = {}
    for name, secret in named_secrets(settings):
        places.setdefault(secret, []).append(name)
    for names in places.values():
        if len(names) > 1:
            yield f"{' and '.join(names)} are the same secret"


def _why_weak(secret: str) -> str:
    if secret.lower() in EXAMPLES:
        return "it is a well-known example"
    if len(secret) < SHORTEST_SECRET:
        return f"shorter than {SHORTEST_SECRET} characters"
    if len(set(secret)) < SHORTEST_SECRET // 2:
        return "it repeats few characters"
    return "it begins or ends with a blank" if secret != secret.strip() else ""


def is_local(url: str) -> bool:
    """Tell whether an address is of this machine."""
    return urlsplit(url).hostname in {"127.0.0.1", "::1", "localhost"}
