"""/healthz, /readyz and /metrics.

Why it exists: whoever runs the ingress asks it whether it lives, whether it can serve, and
what it did. It must not say anything about an order or a channel.
"""

import json
from collections.abc import Callable, Sequence
from http import HTTPStatus

from aiohttp import web
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from worker.ingress.http import json_response

Problems = Callable[[], Sequence[str]]


class Health:
    """The three questions."""

    def __init__(self, problems: Problems, registry: CollectorRegistry) -> None:
        """Ask ``problems`` what keeps the role from being ready."""
        self._problems = problems
        self._registry = registry

    async def healthz(self, _request: web.Request) -> web.Response:
        """Answer 200 while the process can answer at all."""
        return json_response(b'{"status":"ok"}')

    async def readyz(self, _request: web.Request) -> web.Response:
        """Answer 200 when it can serve, else 503 with what keeps it."""
        problems = list(self._problems())
        if not problems:
            return json_response(b'{"status":"ready","problems":[]}')
        body = json.dumps({"status": "not ready", "problems": problems}, ensure_ascii=False)
        return json_response(body.encode(), HTTPStatus.SERVICE_UNAVAILABLE)

    async def metrics(self, _request: web.Request) -> web.Response:
        """Answer with the metrics in Prometheus's text format."""
        body = generate_latest(self._registry)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})
