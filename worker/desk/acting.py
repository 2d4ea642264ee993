"""What an operator has done to an order: a command to the saga, its outcome, and who wanted it.

Why it exists: the command line and the page act alike: what is wanted is written down, the
command is published, and what came of it is waited for and written down too. It must not
write an order.
"""

import uuid
from dataclasses import dataclass
from enum import Enum
from typing import Final

from contracts import queues
from contracts.channel import Code
from contracts.commands import (
    ResendVoucherCommand,
    ResolveAction,
    ResolveOrderCommand,
    SettledAs,
    VouchersBy,
)
from contracts.envelope import wrap
from contracts.events import OrderOutcome
from worker.clock import Clock
from worker.errors import BrokerUnavailableError, PublishUnknownError
from worker.runtime.auditing import Audit
from worker.runtime.ports import Broker, Message, OrderRow, Store

WAIT_SECONDS: Final = 30.0
"""Longer than a call to ZZY: the answer tells what ZZY said."""
ASKED: Final = "asked"
"""The result of an entry of the audit that was written before its command was sent."""


class How(Enum):
    """What is known of what an operator wanted."""

    DONE = "done"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    """It was sent, and no answer came in time: the order's history tells."""
    NOT_SENT = "not sent"


@dataclass(frozen=True, slots=True)
class Came:
    """What came of it, and in which words."""

    how: How
    words: str


class Desk:
    """Sends what operators want, and writes it down."""

    def __init__(
        self, store: Store, broker: Broker, clock: Clock, *, wait: float = WAIT_SECONDS
    ) -> None:
        """Publish on ``broker``, keep the audit in ``store``; wait so many seconds."""
        self._broker = broker
        self._clock = clock
        self._audit = Audit(store, clock)
        self._wait = wait

    async def resolve(
        self,
        row: OrderRow,
        action: ResolveAction,
        settled: SettledAs | None,
        *,
        by: str,
        why: str,
    ) -> Came:
        """Help an order on that is in front of a human. Raises StoreUnavailableError."""
        command = ResolveOrderCommand(
            received_at=self._clock.now(),
            order_num=row.order_num,
            action=action,
            settled=settled,
            by=by,
            why=why,
        )
        subject = f"order.{action}"
        reason = f"{settled}: {why}" if settled else why
        return await self._act(row, command, subject, by=by, why=reason)

    async def resend(self, row: OrderRow, way: VouchersBy | None, *, by: str, why: str) -> Came:
        """Have an order's vouchers sent again. Raises StoreUnavailableError."""
        command = ResendVoucherCommand(
            app_key=row.app_key, received_at=self._clock.now(), order_num=row.order_num, by=way
        )
        return await self._act(row, command, "order.resend", by=by, why=why)

    async def _act(
        self,
        row: OrderRow,
        command: ResolveOrderCommand | ResendVoucherCommand,
        action: str,
        *,
        by: str,
        why: str,
    ) -> Came:
        await self._audit.record(by, action, row.order_num, reason=why, result=ASKED)
        came = await self._ask(command, row.order_num)
        result = f"{came.how.value}: {came.words}"
        await self._audit.record(by, action, row.order_num, reason=why, result=result)
        return came

    async def _ask(
        self, command: ResolveOrderCommand | ResendVoucherCommand, order_num: str
    ) -> Came:
        name = uuid.uuid4().hex
        body = wrap(command, id=name, time=command.received_at, correlation_id=order_num)
        message = Message(queues.ORDERS, command.TYPE, body, name, correlation_id=name)
        try:
            reply = await self._broker.request(message, wait=self._wait)
        except BrokerUnavailableError as error:
            return Came(How.NOT_SENT, f"nothing was done, the broker is away: {error}")
        except PublishUnknownError:
            return Came(How.UNKNOWN, "the broker did not confirm it: look at the order's history")
        if reply is None:
            return Came(How.UNKNOWN, "no answer in time: look at the order's history")
        return _read(reply)


def _read(reply: bytes) -> Came:
    try:
        outcome = OrderOutcome.parse(reply)
    except ValueError:
        return Came(How.UNKNOWN, "the answer cannot be read: look at the order's history")
    how = How.DONE if outcome.code is Code.SUCCESS else How.REFUSED
    return Came(how, outcome.message)
