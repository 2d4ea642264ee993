"""DBOS: an order is one durable workflow in PostgreSQL, without a broker.

What it gives: each step's outcome is stored before the next, a crashed workflow goes on after
its last step, notices reach it as durable messages, once each. What it does not: a step whose
outcome is unknown is run again; no cancel, refund or dead letter.
"""

from typing import Any

import uvloop
from dbos import DBOS, DBOSConfig, SetWorkflowID

from bench.peers.order import ANSWER_SECONDS, CREATE, HERE, PAY, Peer, to_create, to_pay, to_voucher

CONNECTIONS = 40
TICKET_SECONDS = 600
ANSWER, TICKET = "answer", "ticket"


@DBOS.step()
async def create(order: dict[str, Any]) -> int:
    created = await PEER.call_zzy(CREATE, to_create(order))
    return int(created["OrderId"])


@DBOS.step()
async def pay(order: dict[str, Any], zzy_order: int) -> None:
    await PEER.call_zzy(PAY, to_pay(order, zzy_order))


@DBOS.step(retries_allowed=True, interval_seconds=1.0, max_attempts=20, backoff_rate=2.0)
async def deliver(voucher: dict[str, Any]) -> None:
    await PEER.tell_channel(voucher)


@DBOS.workflow()
async def place(order: dict[str, Any]) -> None:
    zzy_order = await create(order)
    await pay(order, zzy_order)
    await DBOS.set_event_async(ANSWER, "paid")
    notice = await DBOS.recv_async(TICKET, timeout_seconds=TICKET_SECONDS)
    if notice is not None:
        await deliver(to_voucher(notice))


class DbosPeer(Peer):
    async def start(self) -> None:
        config = DBOSConfig(
            name="bench",
            system_database_url=HERE["database_url"],
            sys_db_pool_size=CONNECTIONS,
            log_level="ERROR",
        )
        DBOS(config=config)
        DBOS.launch()

    async def place(self, order: dict[str, Any], *, wait: bool) -> None:
        number = order["channel_order_num"]
        with SetWorkflowID(number):
            await DBOS.start_workflow_async(place, order)
        if wait:
            await DBOS.get_event_async(number, ANSWER, ANSWER_SECONDS)

    async def noticed(self, notice: dict[str, Any]) -> None:
        number = notice["OriginOrderId"]
        await DBOS.send_async(number, notice, TICKET, idempotency_key=f"{number}:{TICKET}")


PEER = DbosPeer()

if __name__ == "__main__":
    uvloop.run(PEER.run())
