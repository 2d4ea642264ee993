"""The supplier and the channel of the histories: they do what a story says, and remember.

Why it exists: an old version is recorded and today's is tried against the same two. Whatever
is asked how often, the answers follow from the story and from what was asked before.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from aiohttp import web

from contracts.channel import order_num
from tests.upgrades.stories import LOST, Story

APP_KEY: Final = "k"
FIRST_ZZY_ORDER: Final = 710_000_001


def ours(story: Story) -> str:
    """Return our number of a story's order."""
    return order_num(APP_KEY, story.channel_order_num)


@dataclass(frozen=True)
class Call:
    """One call of ours to ZZY."""

    after: int
    """What had been written when it came."""
    name: str
    refund_id: str = ""

    def to_json(self) -> list[Any]:
        return [self.after, self.name, self.refund_id]


@dataclass
class Supplier:
    """ZZY, by script."""

    stories: Iterable[Story]
    written: Callable[[], int] = lambda: 0
    """How much the worker has written."""
    calls: dict[str, list[Call]] = field(default_factory=dict)
    """By story."""

    def __post_init__(self) -> None:
        self._by_ours = {ours(story): story for story in self.stories}
        numbered = enumerate(self.stories, FIRST_ZZY_ORDER)
        self.zzy_order_ids = {story.name: number for number, story in numbered}
        self._by_zzy = {self.zzy_order_ids[s.name]: s for s in self.stories}
        self._asked: Counter[tuple[str, str]] = Counter()

    def recall(self, name: str, calls: Iterable[Call]) -> None:
        """Remember the calls that were made for an order before."""
        for call in calls:
            self._asked[name, call.name] += 1

    def application(self) -> web.Application:
        application = web.Application()
        application.router.add_route("*", "/{part}/{call}", self._answer)
        return application

    async def _answer(self, request: web.Request) -> web.Response:
        call = request.match_info["call"]
        raw = await request.read()
        asked = {**request.query, **(json.loads(raw) if raw else {})}
        asked = {name.lower(): value for name, value in asked.items()}
        story = self._story(asked)
        if story is None:  # the catalogue, which these orders do not need
            return web.json_response({"IsSuccess": True, "Data": {"TotalCount": 0, "Items": []}})
        script = story.answers(call)
        answer = script[min(self._asked[story.name, call], len(script) - 1)]
        self._asked[story.name, call] += 1
        made = Call(self.written(), call, str(asked.get("refundid") or ""))
        self.calls.setdefault(story.name, []).append(made)
        if isinstance(answer, str):
            assert answer == LOST
            return web.Response(status=500)
        return web.json_response(self._numbered(answer, story))

    def _story(self, asked: Mapping[str, Any]) -> Story | None:
        if number := asked.get("originorderid"):
            return self._by_ours[str(number)]
        return self._by_zzy[int(asked["orderid"])] if "orderid" in asked else None

    def _numbered(self, answer: Mapping[str, Any], story: Story) -> dict[str, Any]:
        data = answer["Data"]
        if isinstance(data, dict) and data.get("OrderId") is ...:
            data = {**data, "OrderId": self.zzy_order_ids[story.name]}
        return {**answer, "Data": data}


@dataclass
class Receiver:
    """The channel's endpoint."""

    stories: Iterable[Story]
    told: dict[str, set[str]] = field(default_factory=dict)
    """The webhook ids that were taken, by our number."""

    def __post_init__(self) -> None:
        self._refusing = {ours(story) for story in self.stories if story.channel_refuses}
        self._ours = {story.channel_order_num: ours(story) for story in self.stories}

    def application(self) -> web.Application:
        application = web.Application()
        application.router.add_post("/notify", self._take)
        return application

    async def _take(self, request: web.Request) -> web.Response:
        body = json.loads(await request.read())
        params = json.loads(body["params"]) if "params" in body else body
        number = self._ours[params.get("channel_order_num") or params["order_num"]]
        if number in self._refusing:
            return web.Response(status=500)
        self.told.setdefault(number, set()).add(request.headers["Webhook-Id"])
        return web.json_response({"status": 200, "message": "ok"})
