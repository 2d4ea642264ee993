"""Plays one story: as its channel, as an upstream system, as the guests, as the supplier."""

import asyncio
import contextlib
import json
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cached_property
from random import Random
from typing import Any

import aiohttp

from contracts import queues
from contracts.channel import Code, order_num, parse_create_order
from contracts.commands import CancelOrderCommand, CreateOrderCommand, RefundOrderCommand
from contracts.envelope import MessageModel, wrap
from contracts.events import OrderOutcome
from tests.e2e.world import Party, tomorrow
from tests.ledger.books import Said
from tests.ledger.lots import CURRENT
from tests.ledger.stage import Stage
from tests.ledger.stories import Act, Story
from worker.errors import BrokerUnavailableError, PublishUnknownError
from worker.runtime.ports import Message
from worker.simulators.channel_driver import DriverAnswer
from worker.simulators.records import Audit, Order, RefusalError, Status
from worker.simulators.zzy_notices import REFUND, TICKET, VERIFY

REPLY_SECONDS = 3.0
AGAIN_SECONDS = 0.2
OTHER_PHONE = "13700000000"
"""Of an order that is placed again with another content."""
LATE_SECONDS = 3.5
"""Longer than the deadline of an audit."""


class Player:
    """One story, being played."""

    def __init__(self, stage: Stage, story: Story) -> None:
        self.story = story
        self.said: list[Said] = []
        self.order_num = order_num(story.app_key, story.channel_order_num)
        self._stage = stage
        self._zzy = stage.world.zzy
        self._refunds: list[dict[str, Any]] = []

    @property
    def party(self) -> Party:
        return self._stage.world.parties[self.story.app_key]

    @cached_property
    def _visit(self) -> str:
        """The day of the visit: who orders again means the same, though midnight was between."""
        return tomorrow(self._now()).isoformat()

    def _now(self) -> datetime:
        return self._stage.clock.now()

    async def play(self) -> None:
        """Play it to its end."""
        CURRENT.set(self.order_num)
        self._stage.lots.give(self.order_num, self.story.faults)
        creating = asyncio.ensure_future(self._create())
        if self.story.begins != "created":
            await creating
        if self.story.begins == "issued":
            await self._until_issued()
        beside = []
        for act in self.story.acts:
            await asyncio.sleep(act.pause)
            acting = asyncio.ensure_future(self._act(act))
            if act.alone:
                await acting
            else:
                beside.append(acting)
        await asyncio.gather(creating, *beside)
        await self._end()

    async def _act(self, act: Act) -> None:
        dice = Random(act.dice)
        with contextlib.suppress(RefusalError):  # the gate's, the supplier's own: nothing happens
            await getattr(self, f"_{act.name}")(act, dice)

    @property
    def _book(self) -> Order | None:
        orders = self._zzy.ledger.by_origin(self.order_num)
        return next((order for order in orders if order.times_paid), None)

    async def _until_issued(self) -> None:
        def issued() -> bool:
            return self._book is not None and self._book.status is Status.ISSUED

        with contextlib.suppress(TimeoutError):
            await self._zzy.changes.until(issued, seconds=2)
        await asyncio.sleep(0.05)

    async def _end(self) -> None:
        if self.story.ending == "never":
            return
        if self.story.ending == "late":
            await asyncio.sleep(LATE_SECONDS)
        for _ in range(3):
            self._decide_all(Random(self.story.number))
            await asyncio.sleep(0.3)

    # --- asking ---------------------------------------------------------------------------

    async def _create(self, **changes: object) -> None:
        act = "create_otherwise" if changes else "create"
        content = {**self.story.order(), "date": self._visit, **changes}
        if self.story.by_queue:
            order = parse_create_order(json.dumps(content))
            taken = self._now() - timedelta(seconds=self.story.age)
            command = CreateOrderCommand(app_key=self.story.app_key, received_at=taken, order=order)
            await self._by_queue(act, command, content)
        else:
            await self._by_http(act, "createOrder", content)

    async def _by_http(
        self, act: str, interface: str, params: Mapping[str, Any], party: Party | None = None
    ) -> None:
        """Ask until there is an answer, as the guide tells channels to."""
        driver = (party or self.party).driver
        async with asyncio.timeout(self._stage.patience):
            while True:
                with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                    answer = await driver.post(f"/public/{interface}", params)
                    if answer.status == 200:
                        break
                await asyncio.sleep(AGAIN_SECONDS)
        self._note(act, answer, params)

    async def _by_queue(self, act: str, command: MessageModel, params: Mapping[str, Any]) -> None:
        message_id = uuid.uuid4().hex
        body = wrap(command, id=message_id, time=self._now())
        message = Message(queues.ORDERS, command.TYPE, body, message_id)
        raw = await self._requested(message)
        outcome = OrderOutcome.parse(raw) if raw else None
        if outcome is not None and outcome.code != Code.ORDER_UNKNOWN:
            self._stage.published.append(message)
        self._note(act, outcome, params, by_queue=True)

    async def _requested(self, message: Message) -> bytes | None:
        """Publish until the broker has it, under the same number, and wait for the reply."""
        async with asyncio.timeout(self._stage.patience):
            while True:
                try:
                    return await self._stage.broker.request(
                        message,
                        wait=REPLY_SECONDS,
                        final=lambda reply: OrderOutcome.parse(reply).final,
                    )
                except (BrokerUnavailableError, PublishUnknownError):
                    await asyncio.sleep(AGAIN_SECONDS)

    def _note(
        self,
        act: str,
        answer: DriverAnswer | OrderOutcome | None,
        params: Mapping[str, Any],
        *,
        by_queue: bool = False,
    ) -> None:
        if answer is None:
            said = Said(act, "", asked=params, by_queue=by_queue)
        else:
            code, text, data = str(answer.code), answer.message, answer.data
            said = Said(act, code, text, data, params, by_queue=by_queue)
        self.said.append(said)

    async def _create_again(self, _act: Act, _dice: Random) -> None:
        await self._create()

    async def _create_otherwise(self, _act: Act, _dice: Random) -> None:
        if self.story.app_key == "trusting":
            return  # it reads 1000 before anybody has looked, and is not told
        if any(said.act == "create" and said.code == "1000" for said in self.said):
            await self._create(take_phone=OTHER_PHONE)

    async def _cancel(self, act: Act, _dice: Random) -> None:
        params = {"order_num": self.order_num}
        if not act.by_queue:
            await self._by_http("cancel", "cancelOrder", params)
            return
        command = CancelOrderCommand(received_at=self._now(), **self._asker(), **params)
        await self._by_queue("cancel", command, params)

    async def _cancel_twice(self, act: Act, dice: Random) -> None:
        await asyncio.gather(self._cancel(act, dice), self._cancel(act, dice))

    def _asker(self) -> dict[str, Any]:
        reply = "accepted" if self.story.app_key == "trusting" else "wait"
        return {"app_key": self.story.app_key, "audit_reply": reply}

    async def _refund(self, act: Act, params: dict[str, Any]) -> None:
        if params not in self._refunds:
            self._refunds.append(params)
        content = {"order_num": self.order_num, **params}
        if not act.by_queue:
            await self._by_http("refund", "refundOrder", content)
            return
        command = RefundOrderCommand(received_at=self._now(), **self._asker(), **content)
        await self._by_queue("refund", command, content)

    def _fresh(self) -> str:
        return f"R-{len(self._refunds) + 1}"

    async def _refund_rest(self, act: Act, _dice: Random) -> None:
        await self._refund(act, {"refund_num": self._fresh()})

    async def _refund_count(self, act: Act, dice: Random) -> None:
        most = self.story.count + 1  # one too many, now and then
        await self._refund(act, {"refund_num": self._fresh(), "count": dice.randint(1, most)})

    async def _refund_codes(self, act: Act, dice: Random) -> None:
        await self._refund(act, {"refund_num": self._fresh(), "codes": self._some_codes(dice)})

    def _some_codes(self, dice: Random) -> list[str]:
        tickets = self._book.tickets if self._book else []
        free = [t.code for t in tickets if t.free and t.part == 0]
        pool = [t.code for t in tickets] + ["nobody's"] if dice.random() < 0.2 else free
        return dice.sample(pool, dice.randint(1, min(len(pool), 3))) if pool else ["nobody's"]

    async def _refund_again(self, act: Act, dice: Random) -> None:
        if self._refunds:
            await self._refund(act, dice.choice(self._refunds))

    async def _refund_otherwise(self, _act: Act, dice: Random) -> None:
        if self._refunds:
            params = {**dice.choice(self._refunds), "order_num": self.order_num}
            other = {"order_num": self.order_num, "refund_num": params["refund_num"], "count": 1}
            if params.get("count") != 1:
                await self._by_http("refund_otherwise", "refundOrder", other)

    async def _resend(self, _act: Act, dice: Random) -> None:
        by = dice.choice(["notify", "notify", None])
        params = {"order_num": self.order_num} | ({"by": by} if by else {})
        await self._by_http("resend", "resendVoucher", params)

    async def _query(self, _act: Act, _dice: Random) -> None:
        await self._by_http("query", "queryOrder", {"order_num": self.order_num})

    async def _stranger(self, _act: Act, _dice: Random) -> None:
        parties = self._stage.world.parties
        stranger = parties["k" if self.story.app_key != "k" else "texts"]
        await self._by_http("stranger", "cancelOrder", {"order_num": self.order_num}, stranger)

    # --- what happens at the supplier -----------------------------------------------------

    async def _check(self, _act: Act, dice: Random) -> None:
        if self._book:
            self._zzy.platform.check(self.order_num, dice.randint(1, 2))

    async def _check_codes(self, _act: Act, dice: Random) -> None:
        free = [t.code for t in self._free()]
        if free:
            codes = dice.sample(free, dice.randint(1, min(2, len(free))))
            self._zzy.platform.check(self.order_num, len(codes), codes)

    def _free(self) -> list[Any]:
        tickets = self._book.tickets if self._book else []
        return [t for t in tickets if t.id_card and t.part == 0 and t.free]

    async def _force_whole(self, _act: Act, _dice: Random) -> None:
        book = self._book
        if book and book.refundable > 0 and not book.refund_pending:
            self._zzy.platform.force_refund(self.order_num)

    async def _force_codes(self, _act: Act, dice: Random) -> None:
        book = self._book
        named = (
            {c for r in book.refunds if r.status is Audit.WAITING for c in r.codes} if book else ()
        )
        free = [t for t in self._free() if t.code not in named]  # nothing is given back twice
        if book and free and book.refundable > 0 and book.status is Status.ISSUED:
            most = min(2, len(free), book.refundable)
            chosen = dice.sample(free, dice.randint(1, most))
            self._zzy.platform.force_refund(self.order_num, [t.code for t in chosen])

    async def _notices_again(self, _act: Act, dice: Random) -> None:
        service = dice.choice([TICKET, VERIFY, REFUND, ""])
        self._zzy.notifier.again(self.order_num, service)

    async def _decide(self, _act: Act, dice: Random) -> None:
        self._decide_all(dice)

    def _decide_all(self, dice: Random) -> None:
        for order in self._zzy.ledger.by_origin(self.order_num):
            for refund in order.refunds:
                if refund.status is Audit.WAITING:
                    self._zzy.platform.settle(order, refund, approved=dice.random() < 0.6)
