"""The simulated ticket supplier ZZY (中智游): start it, steer it, ask it what is true.

Why it exists: the demo, the tests and the bench need a ZZY that obeys the document to the
letter and misbehaves on demand. It must not share code with our ZZY client.
Source: zzy.txt, whole.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from aiohttp import web

from worker.clock import Clock, SystemClock
from worker.simulators.control import action_routes, fact_routes, fault_routes
from worker.simulators.faults import Lots
from worker.simulators.hosting import LOOPBACK, Host, serve_until
from worker.simulators.ledger import Ledger
from worker.simulators.waiting import Changes
from worker.simulators.zzy_api import Account, Api
from worker.simulators.zzy_faults import ZzyFaults
from worker.simulators.zzy_notices import Notifier, Sender
from worker.simulators.zzy_platform import Platform


class ZzySimulator:
    """A supplier in this process, on a real socket."""

    def __init__(
        self,
        account: Account | None = None,
        *,
        callback_url: str = "",
        faults: ZzyFaults | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Serve one distributor; notices go to ``callback_url`` (it may be set later)."""
        self.account = account or Account()
        sender = Sender(self.account.partner_id, self.account.sign_key, callback_url)
        self.platform = Platform(sender, faults or ZzyFaults(), clock or SystemClock())
        self.api = Api(self.platform, self.account)
        self.url = ""
        self._host = Host()

    @property
    def ledger(self) -> Ledger:
        """The books: what truly happened."""
        return self.platform.ledger

    @property
    def lots(self) -> Lots[ZzyFaults]:
        """The faults: ``lots.change(...)`` and ``lots.force(...)``."""
        return self.platform.lots

    @property
    def notifier(self) -> Notifier:
        """The notices that were sent."""
        return self.platform.notifier

    @property
    def changes(self) -> Changes:
        """Waits for facts: ``await changes.until(lambda: ...)``."""
        return self.platform.changes

    def notify(self, callback_url: str, sign_path: str = "") -> None:
        """Send notices to this URL from now on."""
        sender = self.notifier.sender
        self.notifier.sender = replace(sender, callback_url=callback_url, sign_path=sign_path)

    def snapshot(self) -> dict[str, Any]:
        """Return the books and the notices as plain JSON values."""
        notices = [notice.snapshot() for notice in self.notifier.sent]
        calls, seen = dict(self.api.calls), dict(self.lots.seen)
        return {**self.ledger.snapshot(), "notices": notices, "calls": calls, "seen": seen}

    def application(self) -> web.Application:
        """Return the application: the interfaces, and the control endpoints."""
        application = web.Application()
        application.add_routes(self.api.routes())
        application.add_routes(fault_routes(self.lots))
        application.add_routes(fact_routes({"ledger": self.snapshot}))
        application.add_routes(action_routes(self._actions()))
        return application

    async def start(self, host: str = LOOPBACK, port: int = 0) -> str:
        """Serve and return the base URL. Raises OSError."""
        self.url = await self._host.start(self.application(), host, port)
        return self.url

    async def stop(self) -> None:
        """Stop serving and give up what is under way."""
        self.api.stopping.set()
        await self.platform.stop()
        await self._host.stop()

    def _actions(self) -> dict[str, Callable[[Mapping[str, Any]], object]]:
        platform = self.platform
        return {
            "balance": lambda a: self.ledger.set_balance(a["amount"]),
            "check": lambda a: platform.check(
                a["origin_order_id"], int(a.get("count", 1)), a.get("codes", ())
            ),
            "refund": lambda a: platform.decide_refund(a["apply_no"], approved=a["approved"]),
            "forced_refund": lambda a: platform.force_refund(
                a["origin_order_id"], a.get("codes", ())
            ),
            "notices_again": lambda a: self.notifier.again(
                a["origin_order_id"], a.get("service", "")
            ),
            "product": lambda a: platform.change_product(
                a["product_id"], a["status"], a.get("fields")
            ),
            "callback": lambda a: self.notify(a["url"], a.get("sign_path", "")),
        }


async def serve(  # noqa: PLR0913  (one for each option of the command line)
    *,
    host: str = LOOPBACK,
    port: int = 0,
    callback_url: str = "",
    account: Account | None = None,
    faults: ZzyFaults | None = None,
    ready: Callable[[str], None] = lambda _url: None,
    stopping: asyncio.Event | None = None,
) -> None:
    """Run a simulator until ``stopping`` is set; ``ready`` gets its URL. Raises OSError."""
    simulator = ZzySimulator(account, callback_url=callback_url, faults=faults)
    await serve_until(lambda: simulator.start(host, port), simulator.stop, ready, stopping)
