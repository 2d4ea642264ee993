"""Sees to it that every consumer that should exist does.

Why it exists: consumers do get lost (a deleted queue, a closed channel, a failed-over
leader), and a worker without one looks healthy and does nothing. It must not handle
messages.
Source: DESIGN.md, "Broker facts".
"""

import asyncio
from typing import Final

import structlog
from aio_pika.abc import AbstractChannel
from aio_pika.exceptions import ChannelClosed

from worker.broker import census
from worker.broker.connection import AMQP_ERRORS, Link, close_channel, described, guarded
from worker.broker.consumer import Consumer
from worker.broker.topology import Topology

INTERVAL_SECONDS: Final = 5.0
RESTORE_TIMEOUT_SECONDS: Final = 30.0

_log = structlog.get_logger(__name__)


class Watchdog:
    """Compares the consumers with what the broker says and subscribes the lost ones again."""

    def __init__(self, link: Link, topology: Topology) -> None:
        """Watch consumers on ``link``."""
        self._link = link
        self._topology = topology
        self._consumers: list[Consumer] = []
        self._missing: set[str] = set()
        self._wake = asyncio.Event()
        self._channel: AbstractChannel | None = None

    def add(self, consumer: Consumer) -> None:
        """Watch one more."""
        self._consumers.append(consumer)

    def wake(self) -> None:
        """Look at once instead of in a few seconds."""
        self._wake.set()

    def missing(self) -> list[str]:
        """Return the queues whose consumer is lost."""
        wanted = [consumer for consumer in self._consumers if consumer.wanted]
        return sorted(one.queue for one in wanted if one.lost or one.queue in self._missing)

    async def subscribe_all(self) -> None:
        """Subscribe everybody, on a new connection. Raises what aio-pika raises."""
        for consumer in self._consumers:
            await consumer.subscribe(self._link)
        self._missing.clear()

    async def run(self) -> None:
        """Look every few seconds, and when woken, until cancelled."""
        while True:
            try:
                async with asyncio.timeout(INTERVAL_SECONDS):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()
            if self._link.up:
                await self._look()

    async def _look(self) -> None:
        generation = self._link.generation
        try:
            suspects = await guarded(self._suspects())
        except ChannelClosed:
            suspects = self._consumers  # a queue is not there: which one is seen one by one
        except AMQP_ERRORS as error:
            self._give_up(generation, error)
            return
        for consumer in suspects:
            try:
                await guarded(self._check(consumer))
            except ChannelClosed:
                await self._restore()
            except AMQP_ERRORS as error:
                self._give_up(generation, error)
                return

    def _give_up(self, generation: int, error: BaseException) -> None:
        _log.warning("watchdog_failed", error=described(error))
        self._link.drop(generation)

    async def _suspects(self) -> list[Consumer]:
        """Return the consumers that seem lost, by one question about all. Raises as aio-pika."""
        wanted = [one for one in self._consumers if one.wanted]
        told = await census.ask(await self._asking(), [one.queue for one in wanted])
        known = {one.queue for one, of in zip(wanted, told, strict=True) if of.consumer_count}
        self._missing -= known
        return [one for one in wanted if one.lost or one.queue not in known]

    async def _check(self, consumer: Consumer) -> None:
        if not consumer.wanted:
            return
        if not consumer.lost and await self._count(consumer.queue) > 0:
            self._missing.discard(consumer.queue)
            return
        _log.warning("consumer_lost", queue=consumer.queue)
        self._missing.add(consumer.queue)
        await consumer.subscribe(self._link)
        self._missing.discard(consumer.queue)

    async def _count(self, queue: str) -> int:
        """Ask the broker how many consumers a queue has. Raises what aio-pika raises."""
        channel = await self._asking()
        declared = await channel.declare_queue(queue, passive=True, timeout=INTERVAL_SECONDS)
        return declared.declaration_result.consumer_count or 0

    async def _asking(self) -> AbstractChannel:
        if self._channel is None or self._channel.is_closed:
            self._channel = await self._link.channel(confirms=False)
        return self._channel

    async def _restore(self) -> None:
        """Declare what somebody deleted, and look again soon."""
        _log.warning("topology_restored")
        try:
            channel = await guarded(self._link.channel(confirms=False))
            async with asyncio.timeout(RESTORE_TIMEOUT_SECONDS):
                await guarded(self._topology.declare(channel))
            await close_channel(channel)
        except AMQP_ERRORS as error:
            _log.warning("topology_not_restored", error=described(error))
            return
        self.wake()
