"""What becomes of a notice whose post goes wrong in a way that no callback of ours can play."""

from unittest.mock import Mock

import aiohttp
import pytest
from aioresponses import aioresponses

from worker.clock import SystemClock
from worker.simulators.faults import Lots
from worker.simulators.waiting import Changes
from worker.simulators.zzy_faults import ZzyFaults
from worker.simulators.zzy_notices import TICKET, Notifier, Sender

CALLBACK = "http://worker.test/zzy/notify"


class Response(aiohttp.ClientResponse):
    """Gives aiohttp 3.14 the argument that aioresponses 0.7.9 does not know yet."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        kwargs.setdefault("stream_writer", Mock(output_size=0))
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # aiohttp's own


@pytest.mark.parametrize(
    ("failure", "written"),
    [
        (aiohttp.ServerDisconnectedError(), "ServerDisconnectedError"),
        (aiohttp.ClientPayloadError("cut short"), "ClientPayloadError"),
        (aiohttp.ClientOSError(104, "reset by peer"), "ClientOSError"),
        (TimeoutError(), "TimeoutError"),
    ],
)
async def test_a_post_that_fails_is_written_down_and_made_again(
    failure: Exception, written: str
) -> None:
    changes = Changes()
    lots = Lots(ZzyFaults(resend_first=0.01, resend_max=0.01))
    notifier = Notifier(Sender(9258, "demo-sign-key", CALLBACK), lots, SystemClock(), changes.tell)
    with aioresponses() as worker:
        worker.post(CALLBACK, exception=failure)
        worker.post(CALLBACK, payload={"Code": 1000}, response_class=Response)
        notifier.post(TICKET, "o1", {"OriginOrderId": "o1"})
        (notice,) = notifier.sent
        await changes.until(lambda: notice.state == "acknowledged")
    await notifier.stop()
    assert notice.answers == [written, "1000"]
    first, second = (call.kwargs for calls in worker.requests.values() for call in calls)
    assert first["data"] == second["data"]
    assert second["headers"]["Authorization"]
