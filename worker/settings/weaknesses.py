"""What is legal in a configuration and should still be said aloud.

Why it exists: weak secrets and missing keys are warned about at start and by ``doctor``,
and never refused. It must not print the value of a secret.
Source: DESIGN.md, "Configuration".
"""

from collections.abc import Iterator
from itertools import pairwise
from urllib.parse import urlsplit

from worker.settings.models import Settings
from worker.settings.parties import Channel
from worker.settings.strength import is_local, weak_secrets


def weaknesses(settings: Settings) -> list[str]:
    """Return a sentence for each weakness, without any secret's value."""
    return [
        *weak_secrets(settings),
        *_zzy(settings),
        *_channels(settings),
        *_storage(settings),
        *_upstreams(settings),
        *_sms(settings),
        *_accounts(settings),
        *_console(settings),
    ]


def _zzy(settings: Settings) -> Iterator[str]:
    key = settings.zzy.sign_key.get_secret_value()
    if not key:
        yield "zzy.sign_key is missing: ZZY refuses every call, and no notice can be checked"
    if settings.zzy.base_url.startswith("http://") and not is_local(settings.zzy.base_url):
        yield "zzy.base_url is not https: names, id cards and vouchers travel in the clear"


def _channels(settings: Settings) -> Iterator[str]:
    if not settings.channels:
        yield "channels is empty: every request of a channel is refused with 9002"
    for channel in settings.channels:
        yield from _channel(channel)


def _channel(channel: Channel) -> Iterator[str]:
    name = f"channel {channel.app_key}"
    if not channel.secrets:
        yield f"{name}: app_secrets is empty: everything it asks is refused, nothing can be signed"
    if channel.notify_url is None and channel.notify_urls.voucher is None:
        yield f"{name}: no notify_url: its vouchers end in the dead letters"
    urls = [channel.notify_url, *channel.notify_urls.model_dump().values()]
    if any(url and url.startswith("http://") and not is_local(url) for url in urls):
        yield f"{name}: a notify_url is not https: vouchers travel in the clear"
    if channel.envelope == "plain":
        yield f"{name}: envelope is plain: what it is sent carries no signature in the body"


def _storage(settings: Settings) -> Iterator[str]:
    if not settings.privacy.encryption_keys:
        yield "privacy.encryption_keys is empty: names and id cards are stored plain"
    for number, key in enumerate(settings.privacy.keys, 1):
        if why := _why_guessable(key):
            yield f"privacy.encryption_keys number {number} is weak: {why}"
    broker = settings.broker_url
    if settings.embedded_path is None and not is_local(broker) and not urlsplit(broker).password:
        yield "broker_url: it names no password: the well-known one of guest is tried"


def _sms(settings: Settings) -> Iterator[str]:
    sms = settings.sms
    if sms.url is None:
        for channel in settings.channels:
            if channel.vouchers_by != "notify":
                yield (
                    f"channel {channel.app_key}: vouchers_by is {channel.vouchers_by} and sms.url "
                    "is empty: its SMS end in the dead letters"
                )
        return
    if sms.url.startswith("http://") and not is_local(sms.url):
        yield "sms.url is not https: phones and vouchers travel in the clear"
    if sms.signature != "none" and not sms.gateway_secret.get_secret_value():
        yield "sms.gateway_secret is missing: no request to the gateway can be signed"


def _accounts(settings: Settings) -> Iterator[str]:
    priced = {one.app_key for one in settings.settlement_prices}
    for channel in settings.channels:
        if channel.account == "prepaid" and channel.app_key not in priced:
            yield (
                f"channel {channel.app_key}: its account is prepaid and settlement_prices has"
                " nothing for it: every order is refused with 3000"
            )
    for app_key in sorted(priced - {channel.app_key for channel in settings.channels}):
        yield f"settlement_prices: no channel has the app_key {app_key}"


def _console(settings: Settings) -> Iterator[str]:
    console = settings.console
    url = console.public_url or f"http://{console.host}"
    if url.startswith("http://") and not is_local(url):
        yield "console.public_url is not https: passwords and sessions travel in the clear"


def _upstreams(settings: Settings) -> Iterator[str]:
    """Say which upstream system cannot do what its entry seems to say."""
    if until := settings.saga.unnamed_commands_until:
        yield (
            f"saga.unnamed_commands_until: until {until.isoformat()} whoever may publish on"
            " RabbitMQ may order in any channel's name"
        )
    known = {channel.app_key for channel in settings.channels}
    for upstream in settings.upstreams:
        for app_key in upstream.channels:
            if app_key not in known:
                yield f"upstream {upstream.user}: there is no channel {app_key}"
        if upstream.user == (urlsplit(settings.broker_url).username or "guest"):
            yield f"upstream {upstream.user}: our own login, which may speak for every channel"


def _why_guessable(key: bytes) -> str:
    """Return why a key was surely not drawn at random; empty where it may have been."""
    steps = {(after - before) % 256 for before, after in pairwise(key)}
    if len(set(key)) < len(key) // 2:
        return "it repeats few bytes"
    if len(steps) == 1:
        return "its bytes only count"
    return "it is text that somebody typed" if key.isascii() and key.decode().isprintable() else ""
