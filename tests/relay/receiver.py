"""A channel's own server, written from the channel guide alone: none of our code."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from aiohttp import web


@dataclass
class Receiver:
    """Verifies what comes in and answers from a list, the last answer for ever."""

    secret: str
    answers: list[web.Response | float] = field(default_factory=list)
    """A number is a pause in seconds before the connection is dropped."""
    received: list[tuple[str, str, dict[str, object]]] = field(default_factory=list)
    """Webhook-Id, type and params of what was genuine."""
    forged: int = 0

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/notify", self._take)
        return app

    async def _take(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        envelope = json.loads(body)
        if not (self._webhook(request.headers, body) and self._envelope(envelope)):
            self.forged += 1
            return web.json_response({"status": 401, "message": "forged"})
        head = request.headers
        params = json.loads(envelope["params"])
        self.received.append((head["Webhook-Id"], head["Webhook-Type"], params))
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, float):
            await asyncio.sleep(answer)
        return answer if isinstance(answer, web.Response) else web.json_response({"status": "200"})

    def _webhook(self, headers: Mapping[str, str], body: bytes) -> bool:
        signed = f"{headers['Webhook-Id']}.{headers['Webhook-Timestamp']}.".encode() + body
        digest = hmac.new(self.secret.encode(), signed, hashlib.sha256).digest()
        expected = f"v1,{base64.b64encode(digest).decode()}"
        return expected in headers["Webhook-Signature"].split(" ")

    def _envelope(self, envelope: Mapping[str, object]) -> bool:
        text = f"{self.secret}{envelope['params']}{envelope['time_stamp']}"
        return hashlib.md5(text.encode()).hexdigest().upper() == envelope["sign"]  # noqa: S324
