"""What needs a person when the day is over: one of everything that the pages exist for.

Each function leaves one kind behind, through the doors that channels, ZZY and operators use.
"""

import asyncio
from datetime import UTC, datetime

from tests.console.business import Business
from tests.e2e.calling import called
from tests.e2e.notices import REFUND, TICKET, envelope, post, signed, tickets
from tests.e2e.world import SHANGHAI, until
from worker.simulators.records import Order, Status
from worker.simulators.sms import SmsFaults

GROUPS = (42, 30, 24, 18, 12)
"""Tickets of orders large enough to be looked at first."""


async def leave(business: Business) -> None:
    """Leave all of it, while some orders still come."""
    business.rate, business.lively = 0.8, False
    await strange_notices(business)
    await refunds(business)
    await lost_money(business)
    await silent_channels(business)
    await by_hand(business)
    business.zzy(latency_min=0, latency_max=0)  # it is asked about thousands of orders
    await business.command("reconcile", "--date", f"{datetime.now(UTC).astimezone(SHANGHAI):%F}")
    business.zzy()
    await jobs(business)


async def bought(business: Business, count: int, *, product: int = 11063) -> Order:
    """Sell an order of channel k whose tickets are issued; return it as ZZY knows it."""
    while True:  # ZZY refuses some
        number = await business.sell("k", count, product=product)
        found = business.made.zzy.ledger.by_origin(number)
        if found and found[0].times_paid:
            await business.made.k.told("voucher", number, seconds=60)
            return found[0]


async def strange_notices(business: Business) -> None:
    """Let notices come that are stale, forged, of no known kind, or about nothing of ours."""
    url = business.made.place.url
    for count in (2, 3, 1, 4):
        order = await bought(business, count)
        late = envelope(TICKET, tickets(order.origin_order_id, order.order_id, "8839201"))
        await post(url, late, signed(age_seconds=1_900))
    order = await bought(business, 6)
    headers = signed()
    for code in ("5520118", "5520119", "5520120"):
        body = tickets(order.origin_order_id, order.order_id, code)
        await post(url, envelope(TICKET, body), headers)
    for name in ("order_gift_notify", "order_gift_notify", "order_seat_notify"):
        await post(url, envelope(name, {"OrderId": order.order_id}))
    stray = await bought(business, GROUPS[1])
    body = {"OrderId": stray.order_id, "RefundStatus": 1, "RefundReason": "", "VoucherCode": []}
    await post(url, envelope(REFUND, {**body, "RefundApplyNo": "R-20260501-77"}))
    told = await bought(business, GROUPS[3])
    failed = {**tickets(told.origin_order_id, told.order_id, ""), "TicketStatus": 2}
    await post(url, envelope(TICKET, failed))
    used = await bought(business, 5, product=11064)
    business.made.zzy.platform.check(used.origin_order_id, 2)
    await business.made.k.told("check", business.names[used.origin_order_id], seconds=60)
    codes = [ticket.code for ticket in used.tickets if ticket.checked]
    forced = {"OrderId": used.order_id, "RefundStatus": 1, "RefundReason": "供应商强制退款"}
    await post(url, envelope(REFUND, {**forced, "RefundApplyNo": "", "VoucherCode": codes}))


async def refunds(business: Business) -> None:
    """Leave refunds that were rejected, that the supplier forced, and that are under audit."""
    for faults, counts in (
        ({"refund_rejected": 1.0, "refund_delay": 0.2}, (2, 4, 1)),
        ({"refund_audit": "by_hand"}, (6, 2, 12, 3, 4, 1)),
    ):
        orders = [await bought(business, count) for count in counts]
        business.zzy(**faults)
        driver = business.made.k.driver
        await asyncio.gather(*(driver.cancel(order.origin_order_id) for order in orders))
        await asyncio.sleep(2)
    business.zzy()
    for count in (3, 2, 8, 5):
        order = await bought(business, count)
        business.made.zzy.platform.force_refund(order.origin_order_id)


async def lost_money(business: Business) -> None:
    """Let tickets fail whose money ZZY keeps, and let some never come."""
    sell = business.sell
    business.zzy(ticket_failure=1.0, refund_refused=1.0)
    await asyncio.gather(
        sell("k", GROUPS[0]), sell("nordic", GROUPS[2]), sell("k", 2), sell("k", 4)
    )
    await asyncio.sleep(4)
    business.zzy(ticket_delay_min=3_600, ticket_delay_max=3_600)
    await asyncio.gather(sell("k", GROUPS[4]), sell("jiangnan", 3), sell("k", 1), sell("k", 6))
    business.zzy()


async def silent_channels(business: Business) -> None:
    """Leave one channel that does not answer and one that is paused, with a backlog each."""
    business.channel("nordic", http_500=1.0)
    why = "their new release, until 15:00"
    await business.command("channels", "pause", "jiangnan", "--reason", why)
    await asyncio.gather(
        *(business.sell("nordic") for _ in range(16)),
        *(business.sell("jiangnan") for _ in range(11)),
    )


async def jobs(business: Business) -> None:
    """Leave a replay job that stopped at its canary, and one under way."""
    why = "is the address back?"
    await business.replay("kind=endpoint_gone", why, "5", "--canary", "3", "--wait")
    await asyncio.gather(*(business.sell("nordic") for _ in range(14)))

    async def is_open() -> bool:
        ran = await called(business.made.place.config, "channels", "list", "--json")
        return any(line["id"] == "nordic" and line["breaker"] == "open" for line in ran.lines)

    await until(is_open, 90)
    business.made.sms.lots.set(SmsFaults(refuse=0.2))
    await business.replay("kind=sms_failed", "the gateway's limit was raised", "1")
    await asyncio.sleep(20)


async def by_hand(business: Business) -> None:
    """Do what operators do: notes, discards, alarms that are looked after, vouchers sent again."""
    config = business.made.place.config
    found = (await called(config, "deadletters", "list", "--json")).lines
    kinds = {letter["kind"]: letter["id"] for letter in reversed(found)}
    await business.command(
        "deadletters",
        "note",
        kinds["notice_quarantined"],
        "asked ZZY at 14:05 which is true",
    )
    await business.command(
        "deadletters",
        "discard",
        kinds["notice_unknown"],
        "--reason",
        "a kind of their test system",
    )
    await business.command("channels", "rate", "nordic", "5", "--reason", "they asked for peace")
    open_ones = (await called(config, "alarms", "list", "--json")).lines
    for alarm in open_ones[:3]:
        await business.command("alarms", "ack", alarm["id"])
    issued = [o for o in business.made.zzy.ledger.orders.values() if o.status is Status.ISSUED]
    why = "the guest lost the message"
    for order in issued[40:43]:
        await business.command("orders", "resend", order.origin_order_id, "--reason", why)
