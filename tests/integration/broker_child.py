"""A process with an embedded broker of its own, for tests that kill it.

``python broker_child.py FILE publish|hold|work [COUNT]`` says on stdout what it did, a
line each.
"""

import asyncio
import sys
from pathlib import Path

from contracts import queues
from worker.broker.embedded import EmbeddedBroker
from worker.clock import SystemClock
from worker.runtime.outcome import Ack, Outcome
from worker.runtime.ports import Message
from worker.sqlite import SqliteFile


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


async def hold(message: Message) -> Outcome:
    say(message.body.decode())
    await asyncio.Event().wait()
    return Ack()


async def work(message: Message) -> Outcome:
    say(message.body.decode())
    return Ack()


async def main(path: str, role: str, count: int = 0) -> None:
    broker = EmbeddedBroker(SqliteFile(Path(path)), [], SystemClock())
    await broker.start()
    if role == "publish":
        for n in range(count):
            body = b"%d" % n
            await broker.publish(Message(queues.ORDERS, "t", body, f"id-{n}"))
            say(body.decode())
    else:
        await broker.consume(queues.ORDERS, hold if role == "hold" else work, concurrency=4)
        say("ready")
    await asyncio.Event().wait()


asyncio.run(main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])))
