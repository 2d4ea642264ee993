"""An address for notices that is written from the document alone."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from contracts.signatures import verify_zzy
from worker.simulators.waiting import Changes

Answer = dict[str, object]
TAKEN: Answer = {"Code": 1000, "IsSuccess": True, "LogId": "", "Message": "收到通知"}


@dataclass
class Arrived:
    """One POST."""

    service: str
    body: dict[str, Any]
    as_object: bool
    signed: bool
    timestamp: str


@dataclass
class Callback:
    """Answers from ``answers``, then with Code 1000 for ever."""

    url: str = ""
    answers: list[Callable[[], web.Response]] = field(default_factory=list)
    arrived: list[Arrived] = field(default_factory=list)
    changes: Changes = field(default_factory=Changes)

    def of(self, service: str) -> list[dict[str, Any]]:
        """Return the bodies of one kind of notice."""
        return [notice.body for notice in self.arrived if notice.service == service]

    async def take(self, request: web.Request) -> web.Response:
        envelope = json.loads(await request.read())
        body = envelope["OrderNotifyBody"]
        headers = request.headers
        timestamp = headers["Timestamp"]
        assert envelope["OrderNotifyHeader"]["PartnerId"] == 9258
        self.arrived.append(
            Arrived(
                envelope["OrderNotifyHeader"]["NotifyServiceName"],
                body if isinstance(body, dict) else json.loads(body),
                isinstance(body, dict),
                verify_zzy(
                    ["demo-sign-key"], "9258", timestamp, request.path, headers["Authorization"]
                ),
                timestamp,
            )
        )
        self.changes.tell()
        return self.answers.pop(0)() if self.answers else web.json_response(TAKEN)
