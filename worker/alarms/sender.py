"""Tells the robots what waits for them, again and again until they have taken it.

Why it exists: what must be told lies in the database, so no restart loses it, and any process
may tell it. Several alarms go in one message, and no robot gets more than one every few
seconds: they take twenty a minute. It must not decide what is told, nor log an address.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import structlog

from worker.alarms.robots import Robot, portions, post, refusal
from worker.clock import Clock
from worker.errors import StoreUnavailableError
from worker.runtime.alarm_records import AlarmStore, RobotMessage
from worker.runtime.texting import HttpCaller

TICK_SECONDS: Final = 4.0
"""Between two posts to a robot: fifteen a minute, of the twenty that they take."""
CLAIM_SECONDS: Final = 60.0
CLAIM_LIMIT: Final = 50
RETRY_DELAYS: Final = (5.0, 15.0, 60.0, 300.0, 900.0)
"""Then the last one, until it is given up."""
PATIENCE: Final = timedelta(hours=24)

_HEADERS: Final = {"Content-Type": "application/json; charset=utf-8"}
_log = structlog.get_logger(__name__)


class Sender:
    """Posts to the robots."""

    def __init__(
        self, robots: Sequence[Robot], store: AlarmStore, http: HttpCaller, clock: Clock
    ) -> None:
        """Post through ``http`` what ``store`` has for ``robots``."""
        self._robots = {robot.name: robot for robot in robots}
        self._store = store
        self._http = http
        self._clock = clock

    async def tell(self) -> int:
        """Post what is due, and return how much of it there was."""
        now = self._clock.now()
        until = now + timedelta(seconds=CLAIM_SECONDS)
        due = await self._store.claim_robot_messages(now, until, limit=CLAIM_LIMIT)
        for name in dict.fromkeys(one.robot for one in due):
            await self._tell_one(name, [one for one in due if one.robot == name])
        return len(due)

    async def run(self) -> None:
        """Post for ever."""
        while True:
            try:
                await self.tell()
            except StoreUnavailableError as error:
                _log.warning("robots_not_told", error=str(error))
            await self._clock.sleep(TICK_SECONDS)

    async def _tell_one(self, name: str, messages: Sequence[RobotMessage]) -> None:
        """Tell one robot: as much as fits into a message; the rest is due at the next turn."""
        robot = self._robots.get(name)
        wanted = [one for one in messages if robot is not None and robot.wants(one)]
        unwanted = [one.id for one in messages if one not in wanted]
        if unwanted:
            await self._store.robot_told(unwanted)
        if robot is None or not wanted:
            return
        first, *rest = portions(robot, wanted)
        request = post(robot, first, self._clock.now())
        answer = await self._http.call("POST", request.url, _HEADERS, request.body)
        if refused := refusal(robot, answer):
            await self._failed(robot, first, refused)
        else:
            await self._store.robot_told([one.id for one in first])
            _log.info("robot_told", robot=name, count=len(first))
        for later in rest:
            ids = [one.id for one in later]
            await self._store.robot_failed(ids, self._clock.now(), "waits for its turn")

    async def _failed(self, robot: Robot, messages: Sequence[RobotMessage], why: str) -> None:
        now = self._clock.now()
        lost = [one.id for one in messages if now - one.created_at > PATIENCE]
        if lost:
            await self._store.robot_told(lost)
            _log.error("robot_given_up", robot=robot.name, count=len(lost), answer=why)
        tried = max(one.attempts for one in messages)
        delay = RETRY_DELAYS[min(tried, len(RETRY_DELAYS) - 1)]
        _log.warning("robot_not_told", robot=robot.name, answer=why, delay=delay)
        kept = [one.id for one in messages if one.id not in lost]
        if kept:
            await self._store.robot_failed(kept, now + timedelta(seconds=delay), why)
