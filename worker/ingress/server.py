"""The ingress as one aiohttp application: which path leads where.

Why it exists: the map of the doors. It holds no state beyond its arguments, so any number
of them run side by side. It must not read a setting or open a database.
"""

from typing import Final

from aiohttp import web

from contracts.channel import Code
from worker.clock import Clock
from worker.ingress.channel_api import ChannelApi
from worker.ingress.config import IngressConfig
from worker.ingress.health import Health, Problems
from worker.ingress.http import remove_server_header, shaped_errors
from worker.ingress.sending import Sender
from worker.ingress.zzy_webhook import ZzyWebhook
from worker.runtime.ports import Broker

CONFIG: Final = web.AppKey("config", IngressConfig)

CREATE_ORDER: Final = "/public/createOrder"
CANCEL_ORDER: Final = "/public/cancelOrder"
_FAILURES: Final = {CREATE_ORDER: Code.CREATE_FAILED, CANCEL_ORDER: Code.CANCEL_FAILED}


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
    sender = Sender(broker, config.publish_timeout_seconds)
    api = ChannelApi(config, sender, clock)
    webhook = ZzyWebhook(config, sender, clock)
    health = Health(problems or broker.problems)
    app = web.Application(
        client_max_size=config.body_limit_bytes,
        middlewares=[shaped_errors(_FAILURES, config.callback_path)],
    )
    app[CONFIG] = config
    app.router.add_post(CREATE_ORDER, api.create_order)
    app.router.add_post(CANCEL_ORDER, api.cancel_order)
    app.router.add_post(config.callback_path, webhook.notify)
    _add_health(app, health)
    return app


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
