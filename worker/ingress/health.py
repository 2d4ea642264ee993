"""/healthz, /readyz and /metrics.

Why it exists: whoever runs the ingress asks it whether it lives, whether it can serve, and
what it did. It must not say anything about an order or a channel.
"""

import json
from collections.abc import Callable, Sequence
from http import HTTPStatus

from aiohttp import web

from worker.ingress.doors import Reply
from worker.ingress.http import response
from worker.telemetry.metrics import exposition

Problems = Callable[[], Sequence[str]]


class Health:
    """The three questions."""

    def __init__(self, problems: Problems) -> None:
        """Ask ``problems`` what keeps the role from being ready."""
        self._problems = problems

    async def healthz(self, _request: web.Request) -> web.Response:
        """Answer 200 while the process can answer at all."""
        return response(Reply(b'{"status":"ok"}'))

    async def readyz(self, _request: web.Request) -> web.Response:
        """Answer 200 when it can serve, else 503 with what keeps it."""
        problems = list(self._problems())
        if not problems:
            return response(Reply(b'{"status":"ready","problems":[]}'))
        body = json.dumps({"status": "not ready", "problems": problems}, ensure_ascii=False)
        return response(Reply(body.encode(), HTTPStatus.SERVICE_UNAVAILABLE))

    async def metrics(self, _request: web.Request) -> web.Response:
        """Answer with the metrics in Prometheus's text format."""
        body, content_type = exposition()
        return web.Response(body=body, headers={"Content-Type": content_type})
