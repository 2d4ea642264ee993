"""``simulate zzy``, ``simulate channel`` and ``simulate sms``.

Why it exists: a developer tries an integration without either side's real system. It must
not be imported by the worker's roles.
"""

import asyncio
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pydantic import ValidationError

from worker import configured
from worker.errors import SettingsError
from worker.settings import Settings
from worker.simulators import channel, sms, zzy
from worker.simulators.channel import Credentials
from worker.simulators.channel_faults import ChannelFaults
from worker.simulators.sms import SmsFaults
from worker.simulators.zzy_api import Account
from worker.simulators.zzy_faults import ZzyFaults


async def simulate_zzy(
    host: str, port: int, callback_url: str, *, account: Account, faults: str
) -> None:
    """Serve a made-up ZZY until SIGTERM; prints its URL. Raises SettingsError."""
    with _refusals(host, port):
        await zzy.serve(
            host=host,
            port=port,
            callback_url=callback_url,
            account=account,
            faults=ZzyFaults.model_validate_json(faults or "{}"),
            ready=_say("ZZY"),
            stopping=_stopping(),
        )


async def simulate_channel(
    host: str, port: int, *, credentials: Credentials, ingress_url: str, faults: str
) -> None:
    """Serve a made-up channel until SIGTERM; prints its URL. Raises SettingsError."""
    with _refusals(host, port):
        await channel.serve(
            host=host,
            port=port,
            credentials=credentials,
            ingress_url=ingress_url,
            faults=ChannelFaults.model_validate_json(faults or "{}"),
            ready=_say("channel"),
            stopping=_stopping(),
        )


async def simulate_sms(host: str, port: int, *, secret: str, faults: str) -> None:
    """Serve a made-up SMS gateway until SIGTERM; prints its URL. Raises SettingsError."""
    with _refusals(host, port):
        await sms.serve(
            host=host,
            port=port,
            secret=secret,
            faults=SmsFaults.model_validate_json(faults or "{}"),
            ready=_say("SMS gateway"),
            stopping=_stopping(),
        )


def simulated_account(settings: Settings, partner_id: int | None, sign_key: str | None) -> Account:
    """Return the account at a made-up ZZY: as told, else as the worker's own settings say."""
    key = sign_key or next(iter(settings.zzy.sign_keys), "") or Account().sign_key
    named = settings.zzy.partner_id if partner_id is None else partner_id
    paths = configured.zzy_access(settings).paths
    methods = (settings.zzy.cancel_method,)
    return Account(partner_id=named, sign_key=key, paths=paths, cancel_methods=methods)


def simulated_channel(
    settings: Settings, app_key: str | None, secret: str | None, envelope: str | None
) -> Credentials:
    """Return a made-up channel: as told, else the settings' channel of that key, or the first."""
    known = next((c for c in settings.channels if app_key in {None, c.app_key}), None)
    default = Credentials()
    secrets_known = known.secrets if known else default.app_secrets
    return Credentials(
        app_key=app_key or (known.app_key if known else default.app_key),
        app_secrets=(secret,) if secret else secrets_known,
        envelope=envelope or (known.envelope if known else default.envelope),
    )


@contextmanager
def _refusals(host: str, port: int) -> Iterator[None]:
    """Say in one line what keeps a simulator from starting."""
    try:
        yield
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise SettingsError(f"--faults: {wrong}") from error
    except OSError as error:
        raise SettingsError(f"cannot listen on {host}:{port}: {error}") from error


def _say(name: str) -> Callable[[str], None]:
    def say(url: str) -> None:
        sys.stdout.write(f"{name} listens on {url}\n")
        sys.stdout.flush()

    return say


def _stopping() -> asyncio.Event:
    event = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, event.set)
    return event
