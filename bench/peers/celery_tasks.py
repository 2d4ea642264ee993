"""The tasks of the Celery peer, and how Celery is set up for what must not be lost."""

from typing import Any

import requests
from celery import Celery, Task
from celery.signals import worker_process_init
from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker

from bench.peers.order import (
    CREATE,
    HERE,
    PAY,
    checked,
    notification,
    to_create,
    to_pay,
    to_voucher,
    zzy_headers,
)
from bench.peers.rows import Order, State

PAID = "paid"
"""The PostgreSQL channel on which the ingress hears that an order is paid."""

app = Celery("bench", broker=HERE.get("amqp_url"))
app.conf.update(
    broker_transport_options={"confirm_publish": True},
    broker_pool_limit=10,
    task_acks_late=True,
    task_default_delivery_mode="persistent",
    task_default_queue_type="quorum",
    task_ignore_result=True,
    task_reject_on_worker_lost=True,
    task_routes={"orders.*": "orders", "notices.*": "notices", "relay.*": "relay"},
    task_create_missing_queue_type="quorum",
    worker_detect_quorum_queues=True,
    worker_prefetch_multiplier=4,
)
engine = create_engine(
    HERE.get("database_url", "postgresql://").replace("postgresql:", "postgresql+psycopg:"),
    pool_size=5,
)
rows_of = sessionmaker(engine, expire_on_commit=False)
http = requests.Session()


@worker_process_init.connect
def _forked(**_: object) -> None:
    engine.dispose(close=False)


class Retried(Task):
    autoretry_for = (requests.RequestException, RuntimeError)
    retry_backoff = True
    max_retries = 20


def call_zzy(path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = http.post(HERE["zzy_url"] + path, json=body, headers=zzy_headers(path), timeout=10)
    return checked(answer.json())


@app.task(name="orders.place", base=Retried)
def place(order: dict[str, Any]) -> None:
    number = order["channel_order_num"]
    with rows_of() as rows:
        row = rows.get(Order, number)
        if row is None:
            row = Order(number=number, params=order, state=State.CREATING)
            rows.add(row)
            rows.commit()
        if row.state == State.CREATING:
            created = call_zzy(CREATE, to_create(order))
            row.zzy_order, row.state = created["OrderId"], State.PAYING
            rows.commit()
        if row.state == State.PAYING:
            call_zzy(PAY, to_pay(order, row.zzy_order or 0))
            row.state = State.PAID
            rows.execute(
                text("SELECT pg_notify(:channel, :number)"), {"channel": PAID, "number": number}
            )
            rows.commit()


@app.task(name="notices.take", base=Retried)
def take(notice: dict[str, Any]) -> None:
    with rows_of.begin() as rows:
        row = rows.get_one(Order, notice["OriginOrderId"], with_for_update=True)
        row.voucher, row.state = to_voucher(notice), State.ISSUED
    deliver.delay(row.voucher)


@app.task(name="relay.deliver", base=Retried)
def deliver(voucher: dict[str, Any]) -> None:
    body, headers = notification(voucher)
    answer = http.post(HERE["channel_url"], data=body, headers=headers, timeout=10)
    if answer.json()["status"] != answer.status_code:
        raise RuntimeError(f"not taken: {answer.status_code}")
    with rows_of.begin() as rows:
        rows.get_one(Order, voucher["order_num"]).state = State.DELIVERED
