"""Looks whether RabbitMQ can be worked with, without changing anything that stays.

Why it exists: ``doctor`` says what is wrong with the broker; the adapter's own start would
declare the topology. It must not consume, nor touch a message of ours: what it tries, it
tries on a queue of its own that goes with its connection.
Source: DESIGN.md, "Broker facts".
"""

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final, Literal

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection
from aiormq.exceptions import (
    ChannelAccessRefused,
    ChannelNotFoundEntity,
    ChannelPreconditionFailed,
)

from contracts import queues
from worker.broker.connection import (
    AMQP_ERRORS,
    CONNECT_TIMEOUT_SECONDS,
    close_channel,
    described,
    guarded,
)
from worker.broker.topology import QueuePlan, dead_queue, delay_queues, work_queues
from worker.errors import BrokerUnavailableError

OLDEST: Final = (3, 10)
CONFIRM_SECONDS: Final = 3.0
CLOSE_SECONDS: Final = 2.0
LONGEST_SECONDS: Final = 30.0
_MAKE_ANEW: Final = "stop the workers, empty and delete it, and start one: it is made anew"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something about the broker; ``state`` as ``doctor`` says it."""

    check: str
    state: Literal["ok", "warning", "broken"]
    detail: str
    do: str = ""


_LET_IN: Final = (
    "rabbitmqctl set_permissions USER '^ticketbridge' '.*' '.*', on our virtual host;"
    " where each role has its own login, name them all in broker_logins"
)
_GIVE_ROLE: Final = "give it a role's rights: docs/deployment.md, docker/definitions.json"
_ALARMED: Final = Problem(
    "broker alarms",
    "broken",
    "it takes nothing that is published: an alarm of its memory or disk",
    "rabbitmq-diagnostics alarms; free it",
)
_TAKES: Final = Problem("broker alarms", "ok", "it takes what is published")


@dataclass(frozen=True, slots=True)
class LookedAt:
    """What was found at a RabbitMQ that lets us in."""

    version: str
    problems: Sequence[Problem]
    """Also what is well about its topology and our rights."""

    @property
    def too_old(self) -> bool:
        """Tell whether it is older than what we rely on."""
        parts = [int(part) for part in self.version.split(".")[:2] if part.isdigit()]
        return tuple(parts) < OLDEST


async def look_at_rabbitmq(
    url: str, relay_keys: Sequence[str], *, own_logins: bool = False
) -> LookedAt:
    """Return what is found. Raises BrokerUnavailableError if it does not let us in.

    With ``own_logins`` each role has its own, and most of them may not declare.
    """
    try:
        async with asyncio.timeout(LONGEST_SECONDS), _connected(url) as connection:
            await guarded(connection.channel())
            version = _version(connection)
            found, declares = await guarded(_rights(connection, own_logins=own_logins))
            if all(one.state == "ok" for one in found):
                found += await guarded(_topology(connection, relay_keys, declares=declares))
            return LookedAt(version, found)
    except AMQP_ERRORS as error:
        raise BrokerUnavailableError(described(error)) from None


@asynccontextmanager
async def _connected(url: str) -> AsyncIterator[AbstractConnection]:
    """Connect; a broker that is short of memory answers no close, and is not waited for."""
    connection = await guarded(aio_pika.connect(url, timeout=CONNECT_TIMEOUT_SECONDS))
    try:
        yield connection
    finally:
        with suppress(*AMQP_ERRORS):
            async with asyncio.timeout(CLOSE_SECONDS):
                await guarded(connection.close())


def _version(connection: AbstractConnection) -> str:
    beneath: Any = connection.transport.connection if connection.transport else None
    told = getattr(beneath, "server_properties", None) or {}
    version = told.get("version", b"")
    return version.decode() if isinstance(version, bytes) else str(version)


# --- what we may do, and whether it takes what is published ---------------------------------


async def _rights(
    connection: AbstractConnection, *, own_logins: bool
) -> tuple[list[Problem], bool]:
    """Try to declare, publish and read on a queue of our own, which nobody else sees.

    Returns also whether our login may declare.
    """
    name = f"{queues.ORDERS}.doctor.{uuid.uuid4().hex}"
    try:
        async with _channel(connection) as channel:
            queue = await channel.declare_queue(name, exclusive=True, auto_delete=True)
            async with asyncio.timeout(CONFIRM_SECONDS):
                await channel.default_exchange.publish(aio_pika.Message(b""), name, mandatory=True)
            await queue.get(no_ack=True, fail=False)
    except TimeoutError:
        return [_ALARMED], True
    except ChannelAccessRefused as error:
        if own_logins:
            return await _rights_of_a_role(connection), False
        return [Problem("broker permissions", "broken", _said(error), _LET_IN)], True
    told = "our login may declare, publish and consume"
    return [Problem("broker permissions", "ok", told), _TAKES], True


async def _rights_of_a_role(connection: AbstractConnection) -> list[Problem]:
    """Say for which role the rights of a login last that may not declare.

    What is tried is published where no queue is: RabbitMQ drops it.
    """
    try:
        if await _may_publish(connection, ""):
            told = "our login may write to queues and declares none: a relay's, or a console's"
        elif await _may_publish(connection, queues.INGRESS_EXCHANGE):
            told = f"our login may write to {queues.INGRESS_EXCHANGE} alone: an ingress's"
        else:
            told = "our login may neither declare nor write: of no role of ours"
            return [Problem("broker permissions", "broken", told, _GIVE_ROLE)]
    except TimeoutError:
        return [_ALARMED]
    except ChannelNotFoundEntity:
        told = f"{queues.INGRESS_EXCHANGE} is not there yet, and our login may not make it"
        return [Problem("broker permissions", "broken", told, "start a saga first: it makes it")]
    return [Problem("broker permissions", "ok", told), _TAKES]


async def _may_publish(connection: AbstractConnection, exchange: str) -> bool:
    """Tell whether our login may. Raises TimeoutError, ChannelNotFoundEntity."""
    key = f"{queues.ORDERS}.doctor.{uuid.uuid4().hex}"
    try:
        async with _channel(connection) as channel, asyncio.timeout(CONFIRM_SECONDS):
            where = await channel.get_exchange(exchange, ensure=False)
            await where.publish(aio_pika.Message(b""), key, mandatory=False)
    except ChannelAccessRefused:
        return False
    return True


# --- the queues -----------------------------------------------------------------------------


async def _topology(
    connection: AbstractConnection, relay_keys: Sequence[str], *, declares: bool
) -> list[Problem]:
    plans = [dead_queue(), *delay_queues(), *work_queues(relay_keys)]
    missing, found, idle = [], [], []
    for plan in plans:
        consumers = await _consumers(connection, plan.name)
        if consumers is None:
            missing.append(plan.name)
            continue
        if declares and (wrong := await _differs(connection, plan)):
            found.append(Problem("broker topology", "broken", wrong, _MAKE_ANEW))
        if not consumers and not plan.name.startswith(queues.DELAY_PREFIX):
            idle.append(plan.name)
    if len(missing) == len(plans):
        return [Problem("broker topology", "ok", "no queues yet: the first start makes them")]
    if missing:
        told = f"missing: {', '.join(missing)}"
        do = "start or restart a worker: it makes what is missing"
        found.append(Problem("broker topology", "warning", told, do))
    if idle:
        do = "start the roles that are missing: saga, relay; nothing is lost meanwhile"
        told = f"nobody consumes: {', '.join(idle)}"
        found.append(Problem("broker consumers", "warning", told, do))
    if not any(one.check == "broker topology" for one in found):
        told = (
            "as they should be" if declares else "all there; how they were made a saga's login sees"
        )
        found.append(Problem("broker topology", "ok", f"{len(plans)} queues, {told}"))
    return found


async def _consumers(connection: AbstractConnection, name: str) -> int | None:
    """Return how many consume a queue; None where there is no such queue."""
    try:
        async with _channel(connection) as channel:
            queue = await channel.declare_queue(name, passive=True)
            return queue.declaration_result.consumer_count or 0
    except ChannelNotFoundEntity:
        return None


async def _differs(connection: AbstractConnection, plan: QueuePlan) -> str:
    """Return how a queue that is there differs from its plan; declaring it alike does nothing."""
    try:
        async with _channel(connection) as channel:
            await channel.declare_queue(plan.name, durable=True, arguments={**plan.arguments})
    except ChannelPreconditionFailed as error:
        return f"{plan.name} was made otherwise: {_said(error)}"
    except ChannelAccessRefused as error:
        return f"{plan.name}: {_said(error)}"
    return ""


@asynccontextmanager
async def _channel(connection: AbstractConnection) -> AsyncIterator[AbstractChannel]:
    channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
    try:
        yield channel
    finally:
        if not channel.is_closed:
            await close_channel(channel)


def _said(error: BaseException) -> str:
    return " ".join(str(part) for part in error.args if part)[:200]
