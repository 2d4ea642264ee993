import pytest

from contracts import queues
from contracts.channel import CancelOrder, Code
from contracts.commands import CancelOrderCommand
from contracts.envelope import unwrap
from contracts.events import OrderOutcome
from tests.ingress.conftest import Door
from tests.ingress.doubles import APP_KEY
from worker.errors import BrokerUnavailableError, PublishUnknownError

PARAMS = CancelOrder(order_num="a72cfce7dec54cf18cd4ac610f221ecf").to_params()


async def test_the_cancel_is_published_and_unsettled_without_a_reply(door: Door) -> None:
    status, answer = await door.cancel(PARAMS)
    assert (status, answer) == (200, {"code": "4000", "message": "取消处理中", "data": ""})
    [(message, _)] = door.broker.requested
    assert (message.queue, message.type) == (queues.ORDERS, "order.cancel.v1")
    command = unwrap(CancelOrderCommand, message.body).data
    assert command == CancelOrderCommand(
        app_key=APP_KEY,
        received_at=door.clock.now(),
        order_num="a72cfce7dec54cf18cd4ac610f221ecf",
        audit_reply="wait",
    )


async def test_the_reply_is_passed_on(door: Door) -> None:
    door.broker.answer = OrderOutcome(code=Code.SUCCESS, message="成功").to_bytes()
    assert (await door.cancel(PARAMS))[1] == {"code": "1000", "message": "成功", "data": ""}


@pytest.mark.parametrize("params", ["{}", '{"order_num":""}', '{"order_num":null}'])
async def test_a_missing_number_is_named(door: Door, params: str) -> None:
    status, answer = await door.cancel(params)
    assert (status, answer["code"]) == (200, "3001")
    assert "order_num" in answer["message"]


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [(BrokerUnavailableError(), 503, "4000"), (PublishUnknownError(), 504, "9999")],
)
async def test_trouble_with_the_broker_is_told(
    door: Door, error: Exception, status: int, code: str
) -> None:
    door.broker.error = error
    got, answer = await door.cancel(PARAMS)
    assert (got, answer["code"]) == (status, code)
