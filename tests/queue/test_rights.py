"""What RabbitMQ and the bridge refuse to those who have the guide's rights."""

import json
from collections.abc import Callable
from typing import Any

import pika
import pytest
from pika.exceptions import ChannelClosedByBroker

from contracts import queues
from contracts.channel import order_num
from tests.queue.conftest import Scene
from tests.queue.talk import ask, channel, dead, envelope, order

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.servers]
ACCESS_REFUSED, PRECONDITION_FAILED = 403, 406


REFUSED = {
    "a queue of ours, past the exchange": lambda c: c.basic_publish("", queues.ORDERS, b"{}"),
    "an event of its own making": lambda c: c.basic_publish(
        queues.EVENTS_EXCHANGE, "order.paid.k", b"{}"
    ),
    "the dead letters": lambda c: c.basic_publish(queues.DEAD_EXCHANGE, "", b"{}"),
    "another type of message": lambda c: c.basic_publish(
        queues.COMMANDS_EXCHANGE, "stock.move.v1", b"{}"
    ),
    "reading the orders": lambda c: c.basic_get(queues.ORDERS),
    "a queue under our name": lambda c: c.queue_declare("ticketbridge.mine"),
    "another's answers": lambda c: c.queue_declare("reply.other.1"),
}


@pytest.mark.parametrize("what", REFUSED)
async def test_rabbitmq_refuses_an_upstream_what_it_does_not_need(what: str, scene: Scene) -> None:
    with channel(scene.erp_url) as opened, pytest.raises(ChannelClosedByBroker) as refusal:
        REFUSED[what](opened)
    assert refusal.value.reply_code == ACCESS_REFUSED


async def test_rabbitmq_refuses_a_user_id_that_is_anothers(scene: Scene) -> None:
    with channel(scene.erp_url) as opened, pytest.raises(ChannelClosedByBroker) as refusal:
        opened.basic_publish(
            queues.COMMANDS_EXCHANGE,
            "order.create.v1",
            b"{}",
            pika.BasicProperties(user_id="guest"),
        )
    assert refusal.value.reply_code == PRECONDITION_FAILED


LISTENING: dict[str, Callable[[Any, str], object]] = {
    "commands": lambda c, _: c.basic_publish(queues.COMMANDS_EXCHANGE, "order.x.v1", b"{}"),
    "another's channel": lambda c, q: c.queue_bind(q, queues.EVENTS_EXCHANGE, "order.*.z"),
    "all channels": lambda c, q: c.queue_bind(q, queues.EVENTS_EXCHANGE, "#"),
    "the commands of others": lambda c, q: c.queue_bind(q, queues.COMMANDS_EXCHANGE, "#"),
    "the orders": lambda c, _: c.basic_get(queues.ORDERS),
}


@pytest.mark.parametrize("what", LISTENING)
async def test_rabbitmq_refuses_a_subscriber_what_it_does_not_need(what: str, scene: Scene) -> None:
    queue = f"events.{scene.wms.name}.mine"
    with channel(scene.wms_url) as opened:
        opened.queue_declare(queue, durable=True, arguments={"x-queue-type": "quorum"})
        opened.queue_bind(queue, queues.EVENTS_EXCHANGE, "order.paid.k")
        with pytest.raises(ChannelClosedByBroker) as refusal:
            LISTENING[what](opened, queue)
    assert refusal.value.reply_code == ACCESS_REFUSED


@pytest.mark.parametrize("exchange", [queues.COMMANDS_EXCHANGE, ""])
async def test_a_command_without_a_user_id_is_refused(exchange: str, scene: Scene) -> None:
    """Even from the login of the bridge itself, and even straight into the queue."""
    number = scene.world.fresh()
    key = queues.ORDERS if exchange == "" else "order.create.v1"
    answer = await ask(scene.amqp_url, (exchange, key), envelope(order(number)), None)
    assert answer["code"] == "9002"
    letter = await dead(scene.world, order_num("k", number))
    assert letter["kind"] == "user_unknown"
    assert scene.world.zzy.ledger.by_origin(order_num("k", number)) == []


async def test_the_bridges_own_login_may_publish_for_every_channel(scene: Scene) -> None:
    number = scene.world.fresh()
    answer = await ask(scene.amqp_url, ("", queues.ORDERS), envelope(order(number, "z")), "guest")
    assert answer["code"] == "1000"


async def test_a_header_does_not_make_anybody_another(scene: Scene) -> None:
    number = scene.world.fresh()
    address = (queues.COMMANDS_EXCHANGE, "order.create.v1")
    body, posing = envelope(order(number, "z")), {"tb-user": "guest"}
    answer = await ask(scene.erp_url, address, body, scene.erp.name, **posing)
    assert answer["code"] == "9002"
    assert (await dead(scene.world, order_num("z", number)))["kind"] == "user_not_allowed"


async def test_an_answer_reaches_a_reply_queue_of_ones_own(scene: Scene) -> None:
    queue = f"reply.{scene.erp.name}.1"
    data = {"app_key": "k", "order_num": "f" * 32}
    body = envelope(data, "order.cancel.v1")
    with channel(scene.erp_url) as opened:
        opened.queue_declare(queue, exclusive=True)
        asking = pika.BasicProperties(
            type="order.cancel.v1", user_id=scene.erp.name, reply_to=queue, correlation_id="c1"
        )
        opened.basic_publish(queues.COMMANDS_EXCHANGE, "order.cancel.v1", body, asking)
        _, props, answer = next(opened.consume(queue, auto_ack=True, inactivity_timeout=15))
        assert props is not None
        assert (props.correlation_id, props.user_id) == ("c1", "guest")
        assert json.loads(answer)["code"] == "4001"
        opened.cancel()
