"""Plays a story: as its channel and as ZZY, at the public doors of whatever version runs."""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.e2e.notices import REFUND, TICKET, VERIFY, envelope, post, signed
from tests.e2e.world import tomorrow
from tests.upgrades.outside import Supplier, ours
from tests.upgrades.stories import Story
from worker.simulators.channel_driver import ChannelDriver, made_up_id_card, sample_order

PATIENCE_SECONDS = 30.0
LOOK_SECONDS = 0.05


class Player:
    """One order, led by its story."""

    def __init__(
        self, story: Story, driver: ChannelDriver, url: str, supplier: Supplier, path: Path
    ) -> None:
        """Order by ``driver``, notify at ``url``, and see at ``path`` what came of it."""
        self._story = story
        self._driver = driver
        self._url = url
        self._theirs = supplier.zzy_order_ids[story.name]
        self._path = path
        self._ours = ours(story)
        self._visit = tomorrow()
        self._last: dict[str, str] = {}
        self._beside: list[asyncio.Future[None]] = []

    async def play(self) -> None:
        """Play it to its end."""
        for what, *more, then in self._story.acts:
            await getattr(self, "_" + what.replace(" ", "_"))(*more)
            await self._until(lambda then=then: self._stands(then), f"{then} after {what}")  # type: ignore[misc]
        await asyncio.gather(*self._beside)
        await self._until(self._is_quiet, "quiet")

    async def _until(self, condition: Callable[[], bool], what: str) -> None:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not condition():  # noqa: ASYNC110  (another process)
                    await asyncio.sleep(LOOK_SECONDS)
        except TimeoutError:
            raise AssertionError(f"{self._story.name}: not {what}") from None

    def _ask(self, query: str) -> list[Any]:
        with sqlite3.connect(self._path) as connection:
            found = connection.execute(query, (self._ours,)).fetchall()
        connection.close()
        return found

    def _stands(self, then: str) -> bool:
        query = "SELECT phase, human, state FROM orders WHERE order_num = ?"
        for phase, human, state in self._ask(query):
            if b'"call":"' in state:
                return False
            if then == "human":
                return human is not None
            if then == "audit":
                return b'"under_audit":true' in state
            return bool(phase == then)
        return not then

    def _is_quiet(self) -> bool:
        untold = "SELECT 1 FROM notifications WHERE order_num = ? AND status = 'pending'"
        unsent = "SELECT 1 FROM outbox WHERE order_num = ?"
        return not self._ask(untold) and not self._ask(unsent)

    # --- the channel ----------------------------------------------------------------------

    def _order(self, **changes: object) -> dict[str, Any]:
        people = {made_up_id_card(1): "张三", made_up_id_card(2): "李四"}
        usual = {"count": 2, "amount": 12.0, "tourist_info": people}
        return sample_order(self._story.channel_order_num, self._visit, **usual, **changes)

    async def _create(self) -> None:
        await self._driver.create(self._order())

    async def _create_beside(self) -> None:
        """Order, and wait for no answer."""
        self._beside.append(asyncio.ensure_future(self._create()))

    async def _create_otherwise(self) -> None:
        await self._driver.create(self._order(take_phone="13700000000"))

    async def _cancel(self) -> None:
        await self._driver.cancel(self._ours)

    async def _refund_part(self, part: dict[str, Any]) -> None:
        content = {"order_num": self._ours, "refund_num": "part", **part}
        if "codes" in part:
            content["codes"] = [f"{self._theirs}{code}" for code in part["codes"]]
        await self._driver.post("/public/refundOrder", content)

    async def _resend(self) -> None:
        await self._driver.post("/public/resendVoucher", {"order_num": self._ours, "by": "notify"})

    async def _wait(self) -> None:
        """Nobody does anything."""

    # --- ZZY ------------------------------------------------------------------------------

    async def _notice(self, service: str, body: dict[str, Any], **headers: Any) -> None:  # noqa: ANN401
        await asyncio.sleep(0.002)  # two in one millisecond would be one signature
        self._last = headers.pop("again", None) or signed(**headers)
        await post(self._url, envelope(service, body), self._last)

    def _tickets(self, codes: tuple[str, ...], status: int = 1) -> dict[str, Any]:
        vouchers = [
            {"IDCardNo": made_up_id_card(n), "VoucherCode": f"{self._theirs}{c}", "Mobile": ""}
            for n, c in enumerate(codes, 1)
        ]
        return {
            "OriginOrderId": self._ours,
            "OrderId": self._theirs,
            "VoucherCode": {"OrderVoucherCode": "", "OrderUserVouchers": vouchers},
            "TicketStatus": status,
            "ProductName": "联票",
            "Memo": "",
        }

    async def _ticket(self, codes: tuple[str, ...]) -> None:
        await self._notice(TICKET, self._tickets(codes))

    async def _ticket_failed(self) -> None:
        await self._notice(TICKET, self._tickets((), 2))

    async def _forged(self, codes: tuple[str, ...]) -> None:
        await self._notice(TICKET, self._tickets(codes), again=self._last)

    async def _stale(self, codes: tuple[str, ...]) -> None:
        await self._notice(TICKET, self._tickets(codes), age_seconds=3600)

    async def _verify(self, checked: int) -> None:
        body = {"OriginOrderId": self._ours, "OrderId": self._theirs, "OrderTotal": 2}
        more = {"TicketStatus": 1, "VoucherCode": [], "CheckedNumber": checked, "VoucherType": 1}
        await self._notice(VERIFY, {**body, **more, "CheckTime": "2026-05-02 10:36:09"})

    async def _refund(self, number: int, status: int, codes: tuple[str, ...]) -> None:
        """Tell of our refund of that number, of nobody's (99), or of a forced one (0)."""
        body = {
            "OrderId": self._theirs,
            "RefundApplyNo": f"{self._ours}R{number}" if number else "",
            "RefundStatus": status,
            "RefundReason": "",
            "VoucherCode": [f"{self._theirs}{code}" for code in codes],
        }
        await self._notice(REFUND, body)
