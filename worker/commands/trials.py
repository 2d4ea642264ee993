"""``check-channel``.

Why it exists: an operator or a channel's developer sees in one table what an endpoint does
wrong. It must not judge: conformance/ does.
"""

import uuid
from dataclasses import replace

from worker import configured
from worker.clients.guard import public_socket
from worker.clients.http import HttpClient
from worker.clock import SystemClock
from worker.commands.signatures import Whose, signing_secret
from worker.commands.tables import print_json_lines, print_table
from worker.conformance.trial import UNREACHABLE, trial
from worker.conformance.verdicts import Verdict
from worker.errors import SettingsError
from worker.relay.target import ChannelTarget
from worker.settings import Settings

COLUMNS = ("request", "result", "kind", "seconds", "what")


async def check_channel(settings: Settings, whose: Whose, url: str, *, as_json: bool) -> bool:
    """Try an endpoint out and print a report; return False if it did anything wrong.

    Raises SettingsError when there is nothing to try, or an address may not be dialled.
    """
    target = _target(settings, whose, url)
    client = HttpClient(
        configured.channel_limits(settings),
        socket_factory=None if settings.relay.allow_private_addresses else public_socket,
        decompress=False,
    )
    try:
        run = uuid.uuid4().hex[:8]
        verdicts = [each async for each in trial(client.exchange, target, SystemClock(), run)]
    finally:
        await client.close()
    if any(v.kind == UNREACHABLE and v.told == "address_not_allowed" for v in verdicts):
        raise SettingsError(
            "the address is private: relay.allow_private_addresses would have to allow it"
        )
    if as_json:
        print_json_lines([_line(verdict) for verdict in verdicts])
    else:
        print_table(COLUMNS, [tuple(map(str, _line(verdict).values())) for verdict in verdicts])
    return not any(verdict.result == "fault" for verdict in verdicts)


def _target(settings: Settings, whose: Whose, url: str) -> ChannelTarget:
    app_key, secret = signing_secret(settings, whose)
    known = next((each for each in configured.targets(settings) if each.app_key == app_key), None)
    target = known or ChannelTarget(app_key, "", (secret,))
    if whose.secret_file:
        target = replace(target, secrets=(secret,))
    if url:
        if not url.startswith(("http://", "https://")):
            raise SettingsError("URL must begin with http:// or https://")
        target = replace(target, notify_url=url, notify_urls={"product": url})
    if not any(target.url(kind) for kind in ("check", "voucher")):
        raise SettingsError(f"channel {app_key} has no notify_url: name a URL")
    return target


def _line(verdict: Verdict) -> dict[str, object]:
    return {
        "id": verdict.name,
        "result": verdict.result,
        "kind": verdict.kind,
        "seconds": round(verdict.seconds, 3),
        "text": verdict.told,
    }
