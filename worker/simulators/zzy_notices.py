"""The notices (通知) of the simulated supplier: signed, and repeated until acknowledged.

Why it exists: a notice has a life of its own: it is sent, not answered, sent again,
comes late, twice, out of order, or never. It must not change the books.
Source: zzy.txt section 2.
"""

import asyncio
import json
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import aiohttp
import structlog
from yarl import URL

from contracts.signatures import authorization, sign_zzy
from worker.clock import Clock
from worker.simulators.faults import Lots
from worker.simulators.zzy_faults import ZzyFaults
from worker.tasks import TaskGroup

ACKNOWLEDGED: Final = 1000
EARLY_SECONDS: Final = 1.0
POST_TIMEOUT: Final = aiohttp.ClientTimeout(total=10)

TICKET: Final = "order_ticket_notify"
VERIFY: Final = "order_verify_notify"
REFUND: Final = "order_refund_notify"
PRODUCT: Final = "order_product_notify"

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Notice:
    """A notice and what became of it."""

    number: int
    service: str
    origin_order_id: str
    body: Mapping[str, Any]
    as_object: bool
    state: str = "waiting"
    """waiting, acknowledged, dropped, or given up when the simulator stops."""
    attempts: int = 0
    answers: list[str] = field(default_factory=list)

    def snapshot(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Sender:
    """Who signs, and where the notices go."""

    partner_id: int
    sign_key: str
    callback_url: str
    sign_path: str = ""
    """The path to sign; empty: the URL's own."""


class Notifier:
    """Sends notices in the background."""

    def __init__(
        self, sender: Sender, lots: Lots[ZzyFaults], clock: Clock, changed: Callable[[], None]
    ) -> None:
        """Call ``changed`` whenever a notice has moved on."""
        self.sender = sender
        self.sent: list[Notice] = []
        self._lots = lots
        self._clock = clock
        self._changed = changed
        self._held: list[Notice] = []
        self._tasks = TaskGroup(_report)
        self._session: aiohttp.ClientSession | None = None

    def post(self, service: str, origin_order_id: str, body: Mapping[str, Any]) -> None:
        """Send a notice in the background; the faults have their say."""
        notice = self._new(service, origin_order_id, body)
        if self._lots.strikes("dropped_notice", service):
            notice.state = "dropped"
            self._changed()
            return
        held, self._held = self._held, []
        if self._lots.strikes("reordered_notice", service):
            self._held.append(notice)
            self._start(self._release_late(notice))
        elif self._lots.strikes("late_notice", service):
            self._start(self._later(notice))
        else:
            self._start(self._until_acknowledged(notice))
        for overtaken in held:
            self._start(self._until_acknowledged(overtaken))

    async def post_early(self, service: str, origin_order_id: str, body: Mapping[str, Any]) -> None:
        """Send a notice and return when it is acknowledged, at the latest after a second."""
        notice = self._new(service, origin_order_id, body)
        task = self._start(self._until_acknowledged(notice))
        await asyncio.wait({task}, timeout=EARLY_SECONDS)

    def again(self, origin_order_id: str, service: str = "") -> int:
        """Send an order's notices once more, dropped ones too; return how many."""
        chosen = [
            notice
            for notice in self.sent
            if notice.origin_order_id == origin_order_id and service in {"", notice.service}
        ]
        for notice in chosen:
            self._start(self._until_acknowledged(notice))
        return len(chosen)

    async def stop(self) -> None:
        """Give up what is under way."""
        await self._tasks.stop()
        if self._session is not None:
            await self._session.close()

    def _new(self, service: str, origin_order_id: str, body: Mapping[str, Any]) -> Notice:
        as_object = self._lots.strikes("body_as_object", service)
        notice = Notice(len(self.sent) + 1, service, origin_order_id, body, as_object)
        self.sent.append(notice)
        return notice

    async def _later(self, notice: Notice) -> None:
        await self._clock.sleep(self._lots.faults.late_seconds)
        await self._until_acknowledged(notice)

    async def _release_late(self, notice: Notice) -> None:
        await self._clock.sleep(self._lots.faults.late_seconds)
        if notice in self._held:
            self._held.remove(notice)
            await self._until_acknowledged(notice)

    async def _until_acknowledged(self, notice: Notice) -> None:
        """Send until it is acknowledged, with a widening wait; then perhaps once more."""
        tries = 0
        while not await self._attempt(notice):
            tries += 1
            await self._clock.sleep(self._wait(tries))
        if self._lots.strikes("repeated_notice", notice.service):
            await self._attempt(notice)

    def _wait(self, tries: int) -> float:
        faults = self._lots.faults
        return float(min(faults.resend_first * 2 ** (tries - 1), faults.resend_max))

    async def _attempt(self, notice: Notice) -> bool:
        notice.attempts += 1
        answer = await self._send(notice)
        notice.answers.append(answer)
        acknowledged = answer == str(ACKNOWLEDGED)
        if acknowledged:
            notice.state = "acknowledged"
        self._changed()
        return acknowledged

    async def _send(self, notice: Notice) -> str:
        """Post it freshly signed; return the Code of the answer, or what went wrong."""
        if not self.sender.callback_url:
            return "no callback URL"
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=POST_TIMEOUT)
        payload = json.dumps(self._envelope(notice), ensure_ascii=False).encode()
        try:
            async with self._session.post(
                self.sender.callback_url, data=payload, headers=self._headers()
            ) as response:
                answer = json.loads(await response.read())
                return str(answer["Code"]) if response.ok else f"HTTP {response.status}"
        except (aiohttp.ClientError, TimeoutError) as error:
            return type(error).__name__
        except (ValueError, KeyError, TypeError):
            return "unreadable"

    def _headers(self) -> dict[str, str]:
        """Return the three headers of 鉴权说明; the body is not covered."""
        sender = self.sender
        timestamp = str(int(self._clock.now().timestamp() * 1000))
        path = sender.sign_path or URL(sender.callback_url).raw_path
        sign = sign_zzy(sender.sign_key, sender.partner_id, timestamp, path)
        return {
            "Content-Type": "application/json",
            "Timestamp": timestamp,
            "PartnerId": str(sender.partner_id),
            "Authorization": authorization(sender.partner_id, sign),
        }

    def _envelope(self, notice: Notice) -> dict[str, Any]:
        body = dict(notice.body)
        return {
            "OrderNotifyHeader": {
                "PartnerId": self.sender.partner_id,
                "NotifyServiceName": notice.service,
            },
            "OrderNotifyBody": body if notice.as_object else json.dumps(body, ensure_ascii=False),
        }

    def _start(self, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        return self._tasks.start(coroutine, "zzy-notice")


def _report(name: str, error: BaseException) -> None:
    _log.error("simulator_task_failed", task=name, error=repr(error))
