"""One role at a time: an ingress without a saga, a saga without a relay, a relay alone.

The ingress is asked at a rate that it did not choose, with nobody behind it. What it put into
its queue is taken out, and handed to a saga in portions; what the saga told the relay's queue,
to a relay. So no role ever waits for another.
"""

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import aio_pika
import uvloop
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

from bench.figures import FLOOR, INGRESS_P99, OURS, Figure, compared
from bench.load import ACCEPTED, GIVE_UP_SECONDS, POLL_SECONDS, Placing, bodies
from bench.processes import cpu_seconds, memory_mb
from bench.rounds import percentile
from bench.setups import House, Site
from bench.wire import Client
from contracts import queues

RATE = 200.0
IN_QUEUE = {FLOOR: "floor.orders", OURS: queues.ORDERS}
OUT_QUEUE = {FLOOR: "floor.relay", OURS: queues.relay_queue(ACCEPTED)}


@dataclass(frozen=True, slots=True)
class RoleRound:
    """CPU in milliseconds an order, latencies of the ingress's answers in milliseconds."""

    setup: str
    role: str
    orders_per_second: float
    cpu_ms: float
    memory_mb: float
    answer_p50: float = 0.0
    answer_p99: float = 0.0
    answer_p999: float = 0.0


@dataclass(slots=True)
class _Staged:
    """A set-up of which one role after another is started, and what waits between them."""

    site: Site
    pid: int = 0
    messages: list[AbstractIncomingMessage] = field(default_factory=list)


def one_at_a_time(house: House, rounds: int, orders: int, warm_up: int) -> list[RoleRound]:
    """Play the rounds of each role, floor and ours in turn. Raises LostOrdersError."""
    staged = [_Staged(house.floor_site()), _Staged(house.our_site(OURS, embedded=False))]
    played: list[RoleRound] = []
    for role in ("ingress", "saga", "relay"):
        for one in staged:
            one.pid = house.start(one.site, role)
            _play(role, one, warm_up)
        for _ in range(rounds):
            played.extend(_play(role, one, orders) for one in staged)
        for one in staged:
            queue = {"ingress": IN_QUEUE, "saga": OUT_QUEUE}.get(role)
            one.messages = uvloop.run(_take(one.site, queue[one.site.name])) if queue else []
        sys.stderr.write(f"{role} alone: {rounds} rounds\n")
    return played


def _play(role: str, one: _Staged, orders: int) -> RoleRound:
    before = cpu_seconds([one.pid])
    if role == "ingress":
        latencies: Sequence[float] = uvloop.run(_ask(one.site, orders))
        seconds = orders / RATE
    else:
        portion, one.messages = one.messages[:orders], one.messages[orders:]
        latencies, seconds = (0.0,), uvloop.run(_hand_over(role, one.site, portion))
    cpu = (cpu_seconds([one.pid]) - before) * 1000 / orders
    p50, p99, p999 = (percentile(latencies, share) * 1000 for share in (0.5, 0.99, 0.999))
    memory = memory_mb([one.pid])[0]
    return RoleRound(one.site.name, role, orders / seconds, cpu, memory, p50, p99, p999)


async def _ask(site: Site, orders: int) -> Sequence[float]:
    async with asyncio.timeout(GIVE_UP_SECONDS):
        load = await Placing(site.url, site.world_url).at_rate(bodies(orders, ACCEPTED), RATE)
        return load.answers


async def _hand_over(role: str, site: Site, portion: Sequence[AbstractIncomingMessage]) -> float:
    """Put messages into the role's queue; return the seconds until its work is done."""
    told = OUT_QUEUE[site.name]
    world = Client(site.world_url)
    await world.get("/_control/forget")
    async with asyncio.timeout(GIVE_UP_SECONDS), await aio_pika.connect(site.amqp_url) as line:
        channel = await line.channel()
        before = await _depth(channel, told)
        began = time.monotonic()
        into = IN_QUEUE[site.name] if role == "saga" else told
        await asyncio.gather(*(_put(channel, into, message) for message in portion))
        done = 0
        while done < len(portion):
            await asyncio.sleep(POLL_SECONDS)
            if role == "saga":
                done = await _depth(channel, told) - before
            else:
                done = json.loads(await world.get("/_control/totals"))["vouchers"]
    return time.monotonic() - began


async def _depth(channel: AbstractChannel, queue: str) -> int:
    declared = await channel.declare_queue(queue, passive=True)
    return declared.declaration_result.message_count or 0


async def _put(channel: AbstractChannel, queue: str, message: AbstractIncomingMessage) -> None:
    """Publish a message as it was taken, confirmed."""
    beneath = await channel.get_underlay_channel()
    await beneath.basic_publish(
        message.body, routing_key=queue, properties=message.properties, mandatory=True
    )


async def _take(site: Site, name: str) -> list[AbstractIncomingMessage]:
    """Take all messages out of a queue."""
    async with await aio_pika.connect(site.amqp_url) as line:
        channel = await line.channel()
        queue = await channel.declare_queue(name, passive=True)
        taken: list[AbstractIncomingMessage] = []
        while (message := await queue.get(no_ack=True, fail=False)) is not None:
            taken.append(message)
        return taken


def ingress_figure(played: Sequence[RoleRound]) -> Figure:
    """Return the figure that the ingress promises."""
    ours, floor = (
        [r.answer_p99 for r in played if r.role == "ingress" and r.setup == name]
        for name in (OURS, FLOOR)
    )
    return compared(INGRESS_P99, ours, floor)
