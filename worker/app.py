"""The composition root: with adapters.py and app_saga.py, what alone names every adapter.

Why it exists: which adapter stands behind which port is said once, with explicit
arguments; the roles are started and stopped here and nowhere else. It must not hold logic
of any role.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Final

import structlog

from contracts import queues
from worker import configured
from worker.adapters import Adapters, adapters, opened, opened_store
from worker.app_alarms import keep_alarms, start_alarms, watch_signatures
from worker.app_console import serve_console, wanted
from worker.app_saga import catalogue_of, reconciler_of, start_saga, zzy_client
from worker.clients.channels import ChannelClient
from worker.clients.gateways import GatewayClient
from worker.clients.http import HttpClient
from worker.deadletters.drain import Drain
from worker.deadletters.runner import ReplayRunner
from worker.deadletters.settling import settling
from worker.errors import SettingsError
from worker.ingress import server
from worker.ingress.health import Problems
from worker.recording import recording
from worker.relay.handler import Relay
from worker.relay.lane import Lanes
from worker.relay.traffic import Traffic
from worker.roles import Role
from worker.runtime.catalogue import Catalogue
from worker.runtime.catalogue_sync import CatalogueSync
from worker.runtime.ports import Broker, Store
from worker.runtime.pulse import Pulse
from worker.runtime.reconciling import Reconciler
from worker.runtime.vitals import Vitals
from worker.settings import Settings
from worker.sms.gateway import HttpSmsGateway
from worker.sms.handler import Texter
from worker.surroundings import FINISH_SECONDS, Served, Surroundings
from worker.tasks import TaskGroup
from worker.telemetry.metrics import BUILD, version

WIND_UP_SECONDS: Final = 1.0
"""And then what runs besides: a publish, a timer's call; the rest is found by a sweeper."""

STORING: Final = frozenset({Role.SAGA, Role.RELAY})
"""The roles that work with the database whatever else is configured."""

__all__ = ["opened", "opened_catalogue", "opened_reconciler", "opened_store", "running"]

_log = structlog.get_logger(__name__)


@asynccontextmanager
async def running(
    settings: Settings, roles: frozenset[Role], on: Surroundings | None = None
) -> AsyncIterator[str]:
    """Run the roles; yields the URL of what is served, the pages apart, or "" where nothing is.

    Leaving stops taking, finishes what is at work, acknowledges and closes, within 10 s.
    Raises BrokerUnavailableError, StoreUnavailableError, SettingsError (a port that is taken).
    """
    on = on or Surroundings()
    BUILD.labels(version()).set(1)
    tasks = TaskGroup(_report)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(recording(settings))
        parts = await stack.enter_async_context(_adapters(settings, roles, on))
        console = wanted(settings, roles)
        if console or roles & STORING:
            stack.push_async_callback(parts.store.close)
            await parts.store.start()
        stack.push_async_callback(parts.broker.close)
        await parts.broker.start()
        http, channels = _clients(settings, parts, on, stack)
        book = keep_alarms(settings, parts, stack) if console or roles & STORING else None
        served: list[Served] = []
        stack.push_async_callback(_finish, parts.broker, tasks, served)
        parts = replace(parts, broker=settling(parts.broker, parts.store, parts.clock))
        pulse = Pulse(parts.store, parts.clock, accounts=configured.has_accounts(settings))
        started = asyncio.Event()
        problems = partial(_problems, started, parts.broker, pulse)
        if door := await _serve(settings, parts, roles, problems, on):
            served.append(door)
        if console and (pages := await _serve_pages(settings, parts, roles, on, tasks, http=http)):
            served.append(pages)
        start_alarms(settings, parts, tasks, stack, on, book=book)
        if Role.INGRESS in roles:
            watch_signatures(settings, parts, tasks)
        if Role.SAGA in roles:
            await start_saga(settings, parts, tasks, http)
        if Role.RELAY in roles:
            await _start_relay(settings, parts, channels, tasks, stack)
            await _start_texting(settings, parts, stack, on)
        if console or roles & STORING:
            tasks.keep(pulse.run, "pulse", parts.clock)
        if roles & STORING:
            await _start_letters(parts, tasks, stack)
        vitals = Vitals(parts.broker, parts.clock, _queues_of(settings, roles), problems)
        tasks.keep(vitals.run, "vitals", parts.clock)
        started.set()
        yield door.url if door else ""


def _adapters(
    settings: Settings, roles: frozenset[Role], on: Surroundings
) -> AbstractAsyncContextManager[Adapters]:
    return adapters(settings, on.clock, on.file, front=roles == {Role.INGRESS})


async def _start_letters(parts: Adapters, tasks: TaskGroup, stack: AsyncExitStack) -> None:
    """Drain the dead letters into their table, and work on the jobs that replay them."""
    drain = Drain(parts.store, parts.clock)
    await parts.broker.consume(queues.DEAD, drain.handle, concurrency=8)
    runner = ReplayRunner(parts.store, parts.broker, parts.clock, tasks)
    stack.callback(runner.leave)
    tasks.keep(runner.run, "replay jobs", parts.clock)


async def _serve_pages(  # noqa: PLR0913  (what the pages work with)
    settings: Settings,
    parts: Adapters,
    roles: frozenset[Role],
    on: Surroundings,
    tasks: TaskGroup,
    *,
    http: HttpClient,
) -> Served | None:
    known = catalogue_of(settings, parts, zzy_client(settings, parts, http))
    return await serve_console(settings, parts, roles, on, tasks, catalogue=known)


def _clients(
    settings: Settings, parts: Adapters, on: Surroundings, stack: AsyncExitStack
) -> tuple[HttpClient, ChannelClient]:
    """Return what calls ZZY, and what calls the channels; ``stack`` closes both."""
    http = on.http(configured.zzy_limits(settings))
    stack.push_async_callback(http.close)
    channels = ChannelClient(
        allow_private_addresses=settings.relay.allow_private_addresses,
        clock=parts.clock,
        limits=configured.channel_limits(settings),
        http=on.http,
    )
    stack.push_async_callback(channels.close)
    return http, channels


def _queues_of(settings: Settings, roles: frozenset[Role]) -> list[str]:
    """Return the queues whose backlog a process of these roles tells of."""
    relays = settings.channels if Role.RELAY in roles else ()
    return [*queues.WORK, queues.DEAD, *(queues.relay_queue(one.app_key) for one in relays)]


def _problems(started: asyncio.Event, broker: Broker, pulse: Pulse) -> list[str]:
    starting = () if started.is_set() else ("starting: not all roles are there yet",)
    return [*starting, *broker.problems(), *pulse.problems()]


async def _finish(broker: Broker, tasks: TaskGroup, served: Sequence[Served]) -> None:
    """Take nothing more on any side; a request may wait for what a handler still does."""
    await asyncio.gather(_stop_consuming(broker), *(one.close() for one in served))
    await tasks.wind_up(WIND_UP_SECONDS)


async def _stop_consuming(broker: Broker) -> None:
    try:
        async with asyncio.timeout(FINISH_SECONDS):
            await broker.stop_consuming()
    except TimeoutError:
        _log.warning("handlers_given_up", after_seconds=FINISH_SECONDS)


@asynccontextmanager
async def opened_catalogue(settings: Settings) -> AsyncIterator[tuple[Catalogue, CatalogueSync]]:
    """Open the catalogue as it is kept, and what fetches it, beside a running worker.

    Raises StoreUnavailableError.
    """
    async with adapters(settings) as parts, AsyncExitStack() as stack:
        stack.push_async_callback(parts.store.close)
        await parts.store.start()
        http = HttpClient(configured.zzy_limits(settings))
        stack.push_async_callback(http.close)
        zzy = zzy_client(settings, parts, http)
        catalogue, catalogue_sync = catalogue_of(settings, parts, zzy)
        await catalogue.refresh()
        yield catalogue, catalogue_sync


@asynccontextmanager
async def opened_reconciler(settings: Settings) -> AsyncIterator[tuple[Reconciler, Store]]:
    """Open what compares a day, beside a running worker. Raises StoreUnavailableError."""
    async with adapters(settings) as parts, AsyncExitStack() as stack:
        stack.push_async_callback(parts.store.close)
        await parts.store.start()
        http = HttpClient(configured.zzy_limits(settings))
        stack.push_async_callback(http.close)
        yield reconciler_of(settings, parts, zzy_client(settings, parts, http)), parts.store


async def _start_relay(
    settings: Settings,
    parts: Adapters,
    client: ChannelClient,
    tasks: TaskGroup,
    stack: AsyncExitStack,
) -> None:
    lanes = Lanes(configured.lanes(settings))
    relay = Relay(
        configured.targets(settings),
        client,
        parts.store,
        parts.clock,
        retry_delays=settings.relay.retry_delays,
        timeout=settings.relay.timeout_seconds,
        lanes=lanes,
    )
    stack.callback(relay.leave)
    traffic = Traffic(lanes, parts.broker, parts.store, parts.clock, tasks)
    await traffic.start()
    tasks.keep(traffic.run, "steer the channels", parts.clock)
    for channel in settings.channels:
        await parts.broker.consume(
            queues.relay_queue(channel.app_key), relay.handle, concurrency=channel.concurrency
        )


async def _start_texting(
    settings: Settings, parts: Adapters, stack: AsyncExitStack, on: Surroundings
) -> None:
    gateway = None
    if plan := configured.sms_plan(settings):
        http = GatewayClient(configured.sms_limits(settings), on.http)
        stack.push_async_callback(http.close)
        gateway = HttpSmsGateway(plan, configured.sms_rule(settings), http, parts.clock)
    texter = Texter(
        gateway, parts.store, parts.broker, parts.clock, retry_delays=settings.sms.retry_delays
    )
    await parts.broker.consume(queues.SMS, texter.handle, concurrency=settings.sms.concurrency)


async def _serve(
    settings: Settings,
    parts: Adapters,
    roles: frozenset[Role],
    problems: Problems,
    on: Surroundings,
) -> Served | None:
    """Serve the ingress, or health alone where the process has none."""
    if Role.INGRESS in roles:
        section, host, port = "ingress", settings.ingress.host, settings.ingress.port
        application = server.build(
            broker=parts.broker,
            clock=parts.clock,
            config=configured.ingress(settings),
            problems=problems,
        )
    elif settings.health.port:
        section, host, port = "health", settings.health.host, settings.health.port
        application = server.build_health(problems)
    else:
        return None
    try:
        return await on.serve(application, host, port)
    except OSError as error:
        raise SettingsError(f"{section}: cannot listen on {host}:{port}: {error}") from error


def _report(name: str, error: BaseException) -> None:
    _log.error("task_failed", task=name, error=type(error).__name__, exc_info=error)
