"""A store with something in it for every page."""

import json
import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from tests.console.alarms import fill_alarms
from tests.console.letters import fill_letters
from tests.console.money import fill_money
from tests.console.orders import fill_orders
from tests.parity.store.kit import full, letter, notification
from tests.reconciliation.beginnings import ISSUED
from worker.clock import SystemClock
from worker.runtime import snapshot
from worker.runtime.auditing import Audit
from worker.runtime.cataloguing import StoredProduct
from worker.runtime.controlling import ChannelReport
from worker.runtime.failure_reasons import TICKET_FAILED
from worker.runtime.ports import NotificationResult, Store
from worker.runtime.sampler import begin_of
from worker.runtime.sampling import Sample, Waiting, histogram
from worker.saga.states import Order

SCRIPT = '<script>document.title="stolen"</script><img src=x onerror="document.title=1">'
"""What a stranger may write into any text that a page shows."""


async def fill(store: Store) -> None:
    """Put a few of everything into an empty store."""
    now = SystemClock().now()
    for number in range(30):
        human = f"paid, and no ticket came {SCRIPT}" if number % 10 == 0 else None
        phase = ("issued", "awaiting_ticket", "refused")[number % 3]
        at = now - timedelta(minutes=3 * number)
        order = replace(ISSUED, order_num=f"o{number}", channel_order_num=f"channel-o{number}")
        kept: dict[str, Any] = {
            "human": human,
            "phase": phase,
            "created_at": at,
            "state": state_of(order),
        }
        assert (await store.commit(full(f"o{number}", updated_at=at, **kept))).applied
    for number in range(12):
        at = now - timedelta(minutes=7 * number)
        reason = f"HTTP 500 {SCRIPT}" if number % 2 else "no answer"
        changes = {"first_failed_at": at, "last_failed_at": at, "reason": reason}
        await store.add_dead_letter(letter(f"d{number}", **changes))
    await fill_letters(store, now, SCRIPT)
    await fill_money(store)
    await fill_alarms(store)
    await fill_orders(store)
    for sample in samples(now, 900):
        await store.add_sample(sample)
    await store.pause_channel("m", f"their maintenance {SCRIPT}", now)
    await store.report_channels(
        [ChannelReport("k", now, "open", now, "HTTP 500", SCRIPT, 340, now)]
    )
    await store.keep_products(list(products(now)))
    audit = Audit(store, SystemClock())
    for number in range(60):
        await audit.record("console:li", "channel.pause", "k", reason=f"{number} {SCRIPT}")
    done = NotificationResult(notification("hook-o0-1").webhook_id, "delivered", 1, "200", now)
    await store.record_deliveries([done])


def state_of(order: Order) -> bytes:
    """Return what the store keeps of an order."""
    return snapshot.row(order, 1, order.accepted_at).state


def samples(now: datetime, count: int) -> Iterator[Sample]:
    """Yield that many samples up to now, of a day like others with a bad half hour in it."""
    dice = Random(7)
    for number in range(count):
        at = begin_of(now - timedelta(seconds=10 * (count - number)), 10)
        wave = 20 + 12 * math.sin(number / 90)
        bad = 0.45 < number / count < 0.6
        orders = max(0, int(dice.gauss(wave, 3)))
        ways = [dice.lognormvariate(1.2 if bad else 0.4, 0.5) for _ in range(orders)]
        yield Sample(
            at,
            10,
            orders,
            refused=dice.randint(0, 3) if bad else int(dice.random() < 0.2),
            latencies=histogram(ways),
            letters={"delivery_failed": dice.randint(0, 4)} if bad else {},
            queues={"orders": Waiting(dice.randint(0, 5))}
            | ({"relay.k": Waiting(dice.randint(20, 60), 10.0 * (number % 60))} if bad else {}),
            channels={
                "k": "open" if bad else "closed",
                "m": "paused" if number > count - 50 else "closed",
            },
            human=3 if bad else 1,
            letters_open=min(12, number // 60),
            failures=failures(dice, bad=bad),
        )


def failures(dice: Random, *, bad: bool) -> dict[str, int]:
    """Return what failed in one sample."""
    found = {"order_3000": int(dice.random() < 0.2), "order_3008": int(dice.random() < 0.1)}
    if bad:
        found |= {"order_3009": dice.randint(0, 3), TICKET_FAILED: dice.randint(0, 1)}
    return found


def products(now: datetime) -> Iterator[StoredProduct]:
    """Yield products, most of them on sale."""
    for number in range(11_000, 11_080):
        status = "gone" if number % 20 == 0 else "off" if number % 11 == 0 else "on"
        told = {
            "ProductId": number,
            "ProductName": f"长城一日票 {number} {SCRIPT}",
            "EntranceMode": 0,
            "CustomerSet": 2,
            "ProductStatus": 1,
            "RefundSet": 1,
        }
        yield StoredProduct(str(number), 3, f"P{number}", status, json.dumps(told).encode(), now)
