"""Alarms of orders that outlive a crash: committed with the order, raised from the outbox.

Why it exists: an alarm that is raised after a commit is lost with the worker that dies in
between, and with a commit that was made and reported as failed. So it is written into the
outbox in the same commit; whoever finds it there raises it, at least once. It must not
decide what deserves an alarm, and it publishes nothing: an alarm goes to no queue.
Source: PROTOCOL.md, "What must always hold", 3; docs/decisions/0023.
"""

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Final

from worker.runtime.ports import Message
from worker.saga.effects import Alarm
from worker.telemetry.alarms import say

ADDRESS: Final = "alarm:"
"""Stands where a message names its queue. No queue can have this name."""
TYPE: Final = "alarm"


def alarm_messages(order_num: str, version: int, alarms: Iterable[Alarm]) -> list[Message]:
    """Return the outbox rows of the alarms of an order's commit of this version."""
    return [
        Message(
            queue=ADDRESS,
            type=TYPE,
            body=json.dumps([order_num, one.kind, one.text]).encode(),
            message_id=f"alarm:{order_num}:{version}:{number}",
        )
        for number, one in enumerate(alarms)
    ]


def is_alarm(message: Message) -> bool:
    """Tell whether a message of the outbox is an alarm."""
    return message.queue == ADDRESS


Keep = Callable[[str, Mapping[str, object]], Awaitable[None]]
"""Writes an alarm of a kind, with its fields, where it is kept. Raises StoreUnavailableError."""


def raise_alarm(message: Message) -> None:
    """Raise the alarm that an outbox row holds: it is logged and counted."""
    order_num, kind, text = json.loads(message.body)
    say(kind, order_num=order_num, text=text)


async def keep_alarm(message: Message, keep: Keep) -> None:
    """Have the alarm of an outbox row written where it is kept. Raises StoreUnavailableError."""
    order_num, kind, text = json.loads(message.body)
    await keep(kind, {"order_num": order_num, "text": text})
