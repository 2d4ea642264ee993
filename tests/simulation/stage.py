"""The supplier, the channels and the SMS gateway around the machine, as tests/ledger has them."""

import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

from contracts.queues import QUERIES
from tests.e2e.bridge import Place
from tests.e2e.world import Party, World, _sms, _table
from tests.ledger.lots import LotsByOrder, install
from tests.ledger.setup import CHOICE, SETTINGS, ZZY_TIMEOUT
from tests.ledger.stage import Stage
from tests.simulation.network import COPIED, Network, SimulatedSession
from worker.clock import Clock
from worker.settings import Settings, load_settings
from worker.simulators.channel import ChannelSimulator
from worker.simulators.channel_driver import ChannelDriver
from worker.simulators.channel_faults import ChannelFaults
from worker.simulators.records import Order
from worker.simulators.sms import SmsSimulator
from worker.simulators.zzy import ZzySimulator
from worker.simulators.zzy_faults import ZzyFaults
from worker.telemetry.metrics import exposition

PORT = 9100
CHANNEL_SECONDS, NOTICE_SECONDS = 8.0, 5.0
"""How long a channel waits for an answer, and the supplier for that to a notice."""
PATIENCE_SECONDS = 600.0
QUIET_SECONDS = 500.0
SEALED = f'[privacy]\nencryption_keys = ["{bytes(range(32)).hex()}"]'
RETRY_DELAYS = '["1s", "1s", "1s", "1s", "5s", "5s", "5s", "5s", "30s", "30s", "30s", "30s"]'


class DistinctClock:
    """Tells no millisecond twice, as tests/ledger/lots.py explains."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = clock.now()

    def now(self) -> datetime:
        self._last = max(self._clock.now(), self._last + timedelta(milliseconds=1))
        return self._last

    async def sleep(self, seconds: float) -> None:
        await self._clock.sleep(seconds)


class CopyingClock:
    """Tells the supplier the time, and remembers when it was told to a copy of a request."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.copies: set[datetime] = set()

    def now(self) -> datetime:
        now = self._clock.now()
        if COPIED.get():
            self.copies.add(now)
        return now

    async def sleep(self, seconds: float) -> None:
        await self._clock.sleep(seconds)


class SimulatedStage(Stage):
    """A stage whose worker runs in this process."""

    def zzy_orders(self, number: str) -> list[Order]:
        """Return them without the copies of pays that moved nothing: the worker sent none."""
        copies = self.world.zzy.platform.clock.copies  # type: ignore[attr-defined]
        orders = super().zzy_orders(number)
        for order in orders:
            order.pays = [pay for pay in order.pays if pay.moved_money or pay.at not in copies]
        return orders

    async def metrics(self) -> str:
        return exposition()[0].decode()

    async def delayed(self) -> int:
        file = self.broker._file  # type: ignore[attr-defined]
        return int(await file.read(_unsettled))

    def calm(self) -> None:
        """Let the supplier, the channels and the gateway do everything right from now on."""
        for lots in self.lots._by_order.values():
            lots.change(**dict.fromkeys(ZzyFaults.chances(), 0))
        for party in self.world.parties.values():
            party.simulator.lots.set(ChannelFaults())


def _unsettled(connection: sqlite3.Connection) -> int:
    found = connection.execute("SELECT count(*) FROM broker_messages WHERE queue <> ?", (QUERIES,))
    return int(found.fetchone()[0])


def place(
    folder: Path,
    pay_deadline: float,
    *,
    own_broker_file: bool,
    sealed: bool = False,
    impatient: bool = False,
) -> Place:
    """Return the configuration of the worker.

    ``sealed``: what lies on its disk is encrypted; ``impatient``: its relay soon gives up.
    """
    named = {"k": "http://k.test", **{o.credentials.app_key: "" for o in CHOICE.others}}
    parts = []
    for other in CHOICE.others:
        simulator = ChannelSimulator(other.credentials)
        simulator.url = f"http://{other.credentials.app_key}.test"
        parts.append(_table(other, simulator))
    sms = SmsSimulator()
    sms.url = "http://sms.test"
    return Place(
        folder,
        port=PORT,
        broker_url="embedded:broker.db" if own_broker_file else "embedded:",
        zzy_url="http://zzy.test",
        channel_url=named["k"],
        settings={**SETTINGS, "pay_deadline_seconds": str(pay_deadline)},
        more="\n".join([*parts, CHOICE.more, _sms(CHOICE, sms), SEALED if sealed else ""]),
        log_level="info",
        zzy_timeout=ZZY_TIMEOUT,
        retry_delays='["1s"]' if impatient else RETRY_DELAYS,
        relay_timeout=2,
    )


def settings_of(where: Place) -> Settings:
    """Return them as the worker reads them."""
    where.write()
    return load_settings(where.config, {})


def surround(
    where: Place, network: Network, clock: Clock, faults: ChannelFaults
) -> tuple[World, LotsByOrder]:
    """Put everybody on the network; ``faults`` is what the channels do wrong."""
    zzy = ZzySimulator(clock=CopyingClock(clock), callback_url=where.url + "/zzy/notify")
    zzy.notifier._session = SimulatedSession(network, NOTICE_SECONDS)  # type: ignore[assignment]
    lots = install(zzy)
    zzy.notifier._clock = DistinctClock(clock)
    network.serve("http://zzy.test", zzy.application())
    sms = SmsSimulator(clock=clock)
    network.serve("http://sms.test", sms.application())
    parties = []
    for simulator in [
        ChannelSimulator(clock=clock),
        *(ChannelSimulator(o.credentials, clock=clock) for o in CHOICE.others),
    ]:
        key = simulator.credentials.app_key
        simulator.url = f"http://{key}.test"
        simulator.lots.set(faults)
        network.serve(simulator.url, simulator.application())
        party = Party(simulator, where.url)
        party.driver = _driver(where.url, simulator, clock, network)
        parties.append(party)
    return World(where, None, zzy, parties, sms), lots  # type: ignore[arg-type]


def _driver(url: str, simulator: ChannelSimulator, clock: Clock, network: Network) -> ChannelDriver:
    credentials = simulator.credentials
    driver = ChannelDriver(url, credentials.app_key, credentials.app_secrets[0], clock=clock)
    driver._session = SimulatedSession(network, CHANNEL_SECONDS)  # type: ignore[assignment]
    return driver
