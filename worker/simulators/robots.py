"""Simulated chat robots: DingTalk's, WeCom's and Feishu's as their documents describe them.

Why it exists: the tests need robots that check signatures and times, take twenty messages a
minute, and refuse as the real ones do: with HTTP 200 and a number. It must not share code with
worker/alarms.
Sources: DingTalk 自定义机器人接入, WeCom 群机器人配置说明, Feishu 自定义机器人使用指南.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from worker.clock import Clock, SystemClock
from worker.simulators.faults import Chance, Faults, Lots
from worker.simulators.hosting import LOOPBACK, Host
from worker.simulators.waiting import Changes

HOUR: Final = 3_600.0
WECOM_BYTES: Final = 2_048
DINGTALK_LIMIT: Final = {"errcode": 130101, "errmsg": "send too fast, exceed 20 times per minute"}
WECOM_LIMIT: Final = {"errcode": 45009, "errmsg": "api freq out of limit"}
FEISHU_LIMIT: Final = {"code": 11232, "msg": "frequency limited psm[lark.oapi.app_platform]"}


class RobotFaults(Faults):
    """Probabilities of faults."""

    http_500: Chance = 0.0
    too_many: Chance = 0.0
    """HTTP 200, and the number for too many messages."""
    redirect: Chance = 0.0
    wrong_body: Chance = 0.0
    """HTTP 200 with something that is no JSON."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One message that appeared in a chat."""

    robot: str
    text: str


class RobotSimulator:
    """All three robots, and an address that takes JSON, in this process, on a real socket."""

    def __init__(self, *, secret: str = "", clock: Clock | None = None) -> None:
        """With a ``secret``, refuse what is not signed with it, where a robot can sign."""
        self.heard: list[Heard] = []
        self.posts = 0
        """Every request, taken or not."""
        self.changes = Changes()
        self.lots = Lots(RobotFaults())
        self.url = ""
        self._secret = secret
        self._clock = clock or SystemClock()
        self._host = Host()

    def address(self, robot: str) -> str:
        """Return the webhook's URL as each chat program would show it."""
        paths = {
            "dingtalk": "/robot/send?access_token=ding-token-1",
            "wecom": "/cgi-bin/webhook/send?key=wecom-key-1",
            "feishu": "/open-apis/bot/v2/hook/feishu-hook-1",
            "json": "/json",
        }
        return self.url + paths[robot]

    async def start(self, host: str = LOOPBACK, port: int = 0) -> str:
        """Serve and return the base URL. Raises OSError."""
        application = web.Application()
        application.router.add_post("/robot/send", self._dingtalk)
        application.router.add_post("/cgi-bin/webhook/send", self._wecom)
        application.router.add_post("/open-apis/bot/v2/hook/{hook}", self._feishu)
        application.router.add_post("/json", self._json)
        self.url = await self._host.start(application, host, port)
        return self.url

    async def stop(self) -> None:
        """Stop serving."""
        await self._host.stop()

    async def _dingtalk(self, request: web.Request) -> web.Response:
        if trouble := self._trouble(DINGTALK_LIMIT):
            return trouble
        if request.query.get("access_token") != "ding-token-1":
            return self._refuse(errcode=300005, errmsg="token is not exist")
        if self._secret and not self._dingtalk_signed(request.query):
            return self._refuse(errcode=310000, errmsg="sign not match")
        said = await _object(request)
        text = said.get("text", {}).get("content", "")
        if said.get("msgtype") != "text" or not text:
            return self._refuse(errcode=40035, errmsg="缺少参数 json")
        return self._take("dingtalk", text, {"errcode": 0, "errmsg": "ok"})

    def _dingtalk_signed(self, query: Mapping[str, str]) -> bool:
        stamp = query.get("timestamp", "")
        if not stamp.isdigit() or self._is_off(int(stamp) / 1000):
            return False
        return query.get("sign") == _mac(self._secret, f"{stamp}\n{self._secret}")

    async def _wecom(self, request: web.Request) -> web.Response:
        if trouble := self._trouble(WECOM_LIMIT):
            return trouble
        if request.query.get("key") != "wecom-key-1":
            return self._refuse(errcode=93000, errmsg="invalid webhook url")
        said = await _object(request)
        text = said.get("text", {}).get("content", "")
        if said.get("msgtype") != "text" or not text:
            return self._refuse(errcode=40008, errmsg="invalid message type")
        if len(text.encode()) > WECOM_BYTES:
            return self._refuse(errcode=40058, errmsg="text.content exceed max length 2048")
        return self._take("wecom", text, {"errcode": 0, "errmsg": "ok"})

    async def _feishu(self, request: web.Request) -> web.Response:
        if trouble := self._trouble(FEISHU_LIMIT):
            return trouble
        if request.match_info["hook"] != "feishu-hook-1":
            return self._refuse(code=19001, msg="param invalid: incoming webhook access token")
        said = await _object(request)
        if self._secret and not self._feishu_signed(said):
            return self._refuse(code=19021, msg="sign match fail or timestamp is not within one")
        text = said.get("content", {}).get("text", "")
        if said.get("msg_type") != "text" or not text:
            return self._refuse(code=9499, msg="Bad Request", data={})
        return self._take("feishu", text, {"code": 0, "msg": "success", "data": {}})

    def _feishu_signed(self, said: Mapping[str, Any]) -> bool:
        stamp = str(said.get("timestamp", ""))
        if not stamp.isdigit() or self._is_off(float(stamp)):
            return False
        return said.get("sign") == _mac(f"{stamp}\n{self._secret}", "")

    async def _json(self, request: web.Request) -> web.Response:
        if trouble := self._trouble({}):
            return trouble
        return self._take("json", json.dumps(await _object(request), ensure_ascii=False), {})

    def _trouble(self, limit: Mapping[str, object]) -> web.Response | None:
        self.posts += 1
        self.changes.tell()
        match self.lots.first(("http_500", "too_many", "redirect", "wrong_body")):
            case "http_500":
                return web.Response(status=500, text="Internal Server Error")
            case "too_many":
                return web.json_response(dict(limit), status=200 if limit else 429)
            case "redirect":
                return web.Response(status=307, headers={"Location": self.url + "/json"})
            case "wrong_body":
                return web.Response(text="<html>OK</html>", content_type="text/html")
        return None

    def _refuse(self, **answer: object) -> web.Response:
        return web.json_response(answer)

    def _take(self, robot: str, text: str, answer: Mapping[str, object]) -> web.Response:
        self.heard.append(Heard(robot, text))
        self.changes.tell()
        return web.json_response(dict(answer))

    def _is_off(self, seconds: float) -> bool:
        return abs(self._clock.now().timestamp() - seconds) > HOUR


async def _object(request: web.Request) -> dict[str, Any]:
    try:
        value = json.loads(await request.read())
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _mac(key: str, text: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()).decode()
