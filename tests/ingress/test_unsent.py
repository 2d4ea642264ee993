"""While the broker takes nothing, the log stays readable, and the metric counts every request."""

from collections.abc import Sequence
from typing import Any

import pytest
from structlog.testing import capture_logs

from contracts import queues
from contracts.strict_json import dumps
from tests.ingress.conftest import Door
from tests.ingress.doubles import ORDER
from worker.errors import BrokerUnavailableError, PublishUnknownError
from worker.telemetry.metrics import ALARMS

PARAMS = dumps(ORDER)


async def lines(door: Door, count: int) -> list[dict[str, Any]]:
    """Order so many times; return what the log says of the broker."""
    with capture_logs() as logged:
        for _ in range(count):
            await door.create(PARAMS)
    return [dict(one) for one in logged if one["event"] in {"alarm", "sent_again"}]


def requests(found: Sequence[dict[str, Any]]) -> list[tuple[str, str, int]]:
    return [(one["kind"], one["queue"], one["requests"]) for one in found]


@pytest.mark.parametrize(
    ("kind", "error"),
    [("not_sent", BrokerUnavailableError("gone")), ("sending_unknown", PublishUnknownError("?"))],
)
async def test_many_refused_requests_are_one_line_in_ten_seconds(
    door: Door, kind: str, error: Exception
) -> None:
    counted = ALARMS.labels(kind)
    before = counted._value.get()
    door.broker.error = error
    assert requests(await lines(door, 30)) == [(kind, queues.ORDERS, 1)]
    door.clock.advance(9.9)
    assert await lines(door, 1) == []
    door.clock.advance(0.1)
    assert requests(await lines(door, 5)) == [(kind, queues.ORDERS, 31)]
    assert counted._value.get() - before == 36


async def test_what_was_not_told_is_told_when_the_broker_takes_messages_again(door: Door) -> None:
    door.broker.error = BrokerUnavailableError("gone")
    assert len(await lines(door, 30)) == 1
    door.broker.error = None
    assert await lines(door, 3) == [], "it may come and go: still one line in ten seconds"
    door.clock.advance(10)
    (again,) = await lines(door, 3)
    assert (again["event"], *requests([again])) == ("sent_again", ("not_sent", queues.ORDERS, 29))
    door.broker.error = BrokerUnavailableError("gone")
    assert requests(await lines(door, 2)) == [("not_sent", queues.ORDERS, 1)]


async def test_each_queue_has_its_own_line(door: Door) -> None:
    door.broker.error = BrokerUnavailableError("gone")
    with capture_logs() as logged:
        for _ in range(2):
            await door.create(PARAMS)
            await door.notify(b'{"PartnerId": 9258')
    told = [one["queue"] for one in logged if one["event"] == "alarm" and one["kind"] == "not_sent"]
    assert told == [queues.ORDERS, queues.DEAD]
