"""How the saga's role is put together: the orders' way to ZZY and back.

Why it exists: the largest part of the composition root, in a file of its own; which part
gets which is said here, with explicit arguments. It must not hold logic of the role.
"""

from dataclasses import replace
from datetime import timedelta
from functools import partial

from contracts import queues
from worker import configured, configured_saga
from worker.adapters import Adapters
from worker.alarms.stock import StockWatch
from worker.app_alarms import book_of
from worker.clients.http import HttpClient
from worker.clients.zzy import ZzyClient
from worker.runtime.accounts import AccountWatch
from worker.runtime.breaker import BreakerPlan
from worker.runtime.catalogue import Catalogue
from worker.runtime.catalogue_sync import CatalogueSync
from worker.runtime.commands import Commands
from worker.runtime.dead_letter_limit import DeadLetterLimit
from worker.runtime.door import Door
from worker.runtime.early_refusals import EarlyRefusals
from worker.runtime.erasing import Eraser
from worker.runtime.evidence import Evidence
from worker.runtime.gate import ORDERS_PLAN, Gate
from worker.runtime.handle import Saga
from worker.runtime.indexing import Indexer
from worker.runtime.listing import Listing
from worker.runtime.notices import Notices
from worker.runtime.outbox import Outbox
from worker.runtime.perform import Performer
from worker.runtime.precheck import Precheck
from worker.runtime.pressure import Pressure
from worker.runtime.products import ProductNews
from worker.runtime.queries import Queries
from worker.runtime.recall import recall
from worker.runtime.reconciling import AskedCodes, Plan, Reconciler
from worker.runtime.reconciling_daily import DailyReconciliation
from worker.runtime.searching import SearchKeys
from worker.runtime.timers import Timers
from worker.runtime.valve import Valve
from worker.settings import Settings
from worker.tasks import TaskGroup
from worker.telemetry.metrics import ZZY_CALLS, ZZY_DURATION, of


async def start_saga(
    settings: Settings, parts: Adapters, tasks: TaskGroup, http: HttpClient
) -> None:
    """Take commands, questions and notices; sweep what waits, and keep the catalogue true."""
    zzy = zzy_client(settings, parts, http)
    keep = book_of(settings, parts).keep
    outbox = Outbox(parts.broker, parts.store, parts.clock, tasks, keep=keep)
    gate, valve = Gate(parts.clock, _breaker(settings)), Valve(parts.broker)
    pressure = Pressure(gate, valve, zzy, parts.clock)
    watch = configured.account_watch(settings)
    rules = settings.alarms.rules
    stock = StockWatch(parts.clock, rules.stock_refusals, rules.stock_refusals_seconds)
    saga = _saga(settings, parts, zzy, outbox, gate, watch=watch, stock=stock)
    catalogue, catalogue_sync = catalogue_of(settings, parts, zzy)
    door = Door(parts.broker, configured.upstreams(settings), parts.clock)
    commands = _commands(
        settings, parts, zzy, saga, door=door, catalogue=catalogue, pressure=pressure, stock=stock
    )
    tariff = configured.tariff(settings)
    queries = Queries(parts.store, door, parts.broker, parts.clock, catalogue, tariff=tariff)
    told = configured.product_channels(settings)
    products = ProductNews(parts.broker, parts.clock, catalogue, catalogue_sync, told)
    evidence = Evidence(saga, parts.store, zzy)
    notices = _notices(settings, parts, tasks, saga, products=products, evidence=evidence)
    timers = Timers(saga, parts.store, parts.clock, tasks)
    await catalogue_sync.start()
    await recall(parts.store)
    tasks.keep(catalogue_sync.run, "catalogue", parts.clock)
    tasks.keep(timers.run, "timers", parts.clock)
    _start_upkeep(settings, parts, tasks)
    _start_reconciling(settings, parts, tasks, reconciler_of(settings, parts, zzy, gate))
    tasks.keep(outbox.run, "outbox sweeper", parts.clock)
    tasks.keep(notices.run, "notice sweeper", parts.clock)
    tasks.keep(partial(watch.run, parts.store, parts.clock), "account lines", parts.clock)
    tasks.keep(pressure.run, "back-pressure", parts.clock)
    concurrency = settings.saga.concurrency
    await parts.broker.consume(queues.QUERIES, queries.handle, concurrency=concurrency)
    most = settings.limits.dead_letters_per_minute
    for queue, handle in ((queues.ORDERS, commands.handle), (queues.NOTICES, notices.handle)):
        limit = DeadLetterLimit(queue, valve, parts.clock, limit=most)
        tasks.keep(limit.run, f"dead letters of {queue}", parts.clock)
        await parts.broker.consume(queue, limit.watching(handle), concurrency=concurrency)


def _start_upkeep(settings: Settings, parts: Adapters, tasks: TaskGroup) -> None:
    """Keep what old orders are found by, and forget their people in time."""
    indexer = Indexer(parts.store, parts.clock, SearchKeys(settings.privacy.keys))
    tasks.keep(indexer.run, "order search", parts.clock)
    if days := settings.privacy.retention_days:
        eraser = Eraser(parts.store, parts.clock, configured_saga.policy(settings))
        tasks.keep(partial(eraser.run, days), "erasure", parts.clock)


def _notices(  # noqa: PLR0913  (what it stands between)
    settings: Settings,
    parts: Adapters,
    tasks: TaskGroup,
    saga: Saga,
    *,
    products: ProductNews,
    evidence: Evidence,
) -> Notices:
    return Notices(
        saga,
        parts.store,
        parts.broker,
        clock=parts.clock,
        tasks=tasks,
        products=products,
        evidence=evidence,
        hold_forced=settings.saga.forced_refund_check == "hold",
        hold_seconds=settings.saga.notice_hold_seconds,
    )


def _breaker(settings: Settings) -> BreakerPlan | None:
    """Return when orders wait for ZZY and how often it is knocked at; None: never."""
    zzy = settings.zzy
    if not zzy.breaker_failures:
        return None
    longest = zzy.breaker_longest_delay_seconds
    first = min(ORDERS_PLAN.first_delay, longest)
    return replace(
        ORDERS_PLAN, in_row=zzy.breaker_failures, first_delay=first, longest_delay=longest
    )


def zzy_client(settings: Settings, parts: Adapters, http: HttpClient) -> ZzyClient:
    """Return the client of ZZY, its calls counted."""
    return ZzyClient(http, configured.zzy_access(settings), parts.clock, _observe)


def catalogue_of(
    settings: Settings, parts: Adapters, zzy: ZzyClient
) -> tuple[Catalogue, CatalogueSync]:
    """Return the catalogue, and what fetches it."""
    catalogue = Catalogue(
        configured.products(settings),
        Listing(zzy),
        parts.store,
        parts.clock,
        price_days=settings.catalogue.price_days,
    )
    rhythm = configured.rhythm(settings)
    return catalogue, CatalogueSync(catalogue, parts.store, parts.clock, rhythm)


def reconciler_of(
    settings: Settings, parts: Adapters, zzy: ZzyClient, gate: Gate | None = None
) -> Reconciler:
    """Return what compares a day; its calls pass ``gate``, or one of their own."""
    plan = _plan(settings)
    gate = gate or Gate(parts.clock, _breaker(settings))
    codes = AskedCodes(zzy, gate, parts.clock, rate=plan.rate)
    return Reconciler(parts.store, codes, parts.clock, plan)


def _plan(settings: Settings) -> Plan:
    told = settings.reconciliation
    return Plan(told.zone_info, told.requests_per_second, timedelta(seconds=told.late_seconds))


def _start_reconciling(
    settings: Settings, parts: Adapters, tasks: TaskGroup, reconciler: Reconciler
) -> None:
    """Have each day compared at its hour, unless people want to do it by hand."""
    if settings.reconciliation.daily:
        plan, at = _plan(settings), settings.reconciliation.at
        daily = DailyReconciliation(reconciler, parts.store, parts.clock, plan, at=at)
        tasks.keep(daily.run, "reconciliation", parts.clock)


def _saga(  # noqa: PLR0913  (what it stands between)
    settings: Settings,
    parts: Adapters,
    zzy: ZzyClient,
    outbox: Outbox,
    gate: Gate,
    *,
    watch: AccountWatch,
    stock: StockWatch,
) -> Saga:
    performer = Performer(
        zzy,
        parts.broker,
        parts.clock,
        configured.partner(settings),
        configured.patterns(settings),
        on_refusal=stock.heard,
        publish_events=configured.publishes_events(settings),
        codes_per_sms=settings.sms.codes_per_sms,
    )
    policy, search = configured_saga.policy(settings), SearchKeys(settings.privacy.keys)
    return Saga(
        parts.store, performer, outbox, parts.clock, policy, watch=watch, gate=gate, search=search
    )


def _commands(  # noqa: PLR0913  (what it stands between)
    settings: Settings,
    parts: Adapters,
    zzy: ZzyClient,
    saga: Saga,
    *,
    door: Door,
    catalogue: Catalogue,
    pressure: Pressure,
    stock: StockWatch,
) -> Commands:
    early_refusals = EarlyRefusals(
        catalogue,
        parts.store,
        parts.clock,
        key=configured.purchase_key(settings),
        refuse=settings.catalogue.refuse_early,
    )
    precheck = Precheck(
        zzy,
        parts.store,
        parts.clock,
        configured.partner(settings),
        patterns=configured.patterns(settings),
        wanted=configured.verified_first(settings),
        on_refusal=stock.heard,
    )
    return Commands(
        saga,
        parts.store,
        door,
        parts.clock,
        catalogue,
        early_refusals=early_refusals,
        precheck=precheck,
        tariff=configured.tariff(settings),
        vouchers_by=configured.vouchers_by(settings),
        had_to_wait=pressure.had_to_wait,
    )


def _observe(endpoint: str, outcome: str, seconds: float) -> None:
    of(ZZY_CALLS, endpoint, outcome).inc()
    of(ZZY_DURATION, endpoint).observe(seconds)
