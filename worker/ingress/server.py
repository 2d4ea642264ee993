"""The ingress as one aiohttp application: which path leads where.

Why it exists: the map of the doors. It holds no state beyond its arguments, so any number
of them run side by side. It must not read a setting or open a database.
"""

from typing import Final

from aiohttp import web
from aiohttp.typedefs import Middleware

from contracts.channel import Code
from worker.clock import Clock
from worker.ingress.channel_api import ChannelApi
from worker.ingress.channel_commands import ChannelCommands
from worker.ingress.channel_queries import ChannelQueries
from worker.ingress.config import IngressConfig
from worker.ingress.doors import Door
from worker.ingress.health import Health, Problems
from worker.ingress.http import (
    answering,
    channel_shape,
    guarded,
    remove_server_header,
    shaped_errors,
    zzy_shape,
)
from worker.ingress.sending import Sender
from worker.ingress.shortcut import DOORS
from worker.ingress.tracing import traced
from worker.ingress.zzy_webhook import ZzyWebhook
from worker.runtime.ports import Broker
from worker.telemetry import traces

CONFIG: Final = web.AppKey("config", IngressConfig)

CREATE_ORDER: Final = "/public/createOrder"
CANCEL_ORDER: Final = "/public/cancelOrder"
REFUND_ORDER: Final = "/public/refundOrder"
RESEND_VOUCHER: Final = "/public/resendVoucher"
QUERY_ORDER: Final = "/public/queryOrder"
QUERY_PRODUCT: Final = "/public/queryProduct"
QUERY_PRICE: Final = "/public/queryPrice"
_FAILURES: Final = {CANCEL_ORDER: Code.CANCEL_FAILED, REFUND_ORDER: Code.CANCEL_FAILED}
"""What a path answers of what was surely not done, where it is not 3000."""


def build(
    *,
    broker: Broker,
    clock: Clock,
    config: IngressConfig,
    problems: Problems | None = None,
) -> web.Application:
    """Return the application; the broker must have been started.

    ``problems`` answers /readyz; without it the broker's own do.
    """
    health = Health(problems or broker.problems)
    app = web.Application(
        client_max_size=config.body_limit_bytes,
        middlewares=[*_tracing(), shaped_errors(config.callback_path)],
    )
    app[CONFIG] = config
    doors = _doors(config, Sender(broker, config.publish_timeout_seconds, clock), clock)
    for path, door in doors.items():
        app.router.add_post(path, answering(door))
    if not traces.on():
        app[DOORS] = doors
    _add_health(app, health)
    return app


def _tracing() -> list[Middleware]:
    return [traced] if traces.on() else []


def _doors(config: IngressConfig, sender: Sender, clock: Clock) -> dict[str, Door]:
    """Return what answers to each path."""
    api = ChannelApi(config, clock)
    commands = ChannelCommands(config, sender, clock)
    queries = ChannelQueries(config, sender, clock)
    businesses = {
        CREATE_ORDER: commands.create_order,
        CANCEL_ORDER: commands.cancel_order,
        REFUND_ORDER: commands.refund_order,
        RESEND_VOUCHER: commands.resend_voucher,
        QUERY_ORDER: queries.query_order,
        QUERY_PRODUCT: queries.query_product,
        QUERY_PRICE: queries.query_price,
    }
    doors = {}
    for path, business in businesses.items():
        failed = _FAILURES.get(path, Code.CREATE_FAILED)
        door = api.interface(path.rpartition("/")[2], business, failed)
        doors[path] = guarded(path, door, channel_shape, failed)
    callback, notify = config.callback_path, ZzyWebhook(config, sender, clock).notify
    doors[callback] = guarded(callback, notify, zzy_shape, Code.CREATE_FAILED)
    return doors


def build_health(problems: Problems) -> web.Application:
    """Return the application of a process without an ingress: health and metrics alone."""
    app = web.Application()
    _add_health(app, Health(problems))
    return app


def _add_health(app: web.Application, health: Health) -> None:
    app.router.add_get("/healthz", health.healthz)
    app.router.add_get("/readyz", health.readyz)
    app.router.add_get("/metrics", health.metrics)
    app.on_response_prepare.append(remove_server_header)
