"""A spike of wrong signatures is an alarm; a mistake now and then is none."""

from collections.abc import Iterator, Mapping

import pytest

from tests.doubles import HeldClock
from worker.alarms.signatures import SignatureWatch
from worker.telemetry.alarms import listen, unlisten
from worker.telemetry.metrics import INGRESS_REQUESTS


class Heard:
    def __init__(self) -> None:
        self.alarms: list[tuple[str, object]] = []

    def heard(self, kind: str, fields: Mapping[str, object]) -> None:
        self.alarms.append((kind, fields.get("route")))

    def over(self, kind: str, fields: Mapping[str, object]) -> None:
        raise AssertionError((kind, fields))


@pytest.fixture
def heard() -> Iterator[Heard]:
    listener = Heard()
    listen(listener)
    yield listener
    unlisten(listener)


def requests(count: int, code: str = "9003", route: str = "of-this-test") -> None:
    INGRESS_REQUESTS.labels(route, code).inc(count)


def test_more_than_so_many_in_a_minute_is_an_alarm_of_that_interface(heard: Heard) -> None:
    requests(500)
    watch = SignatureWatch(HeldClock(), 30)
    requests(30)
    requests(500, code="1000")
    watch.look()
    assert heard.alarms == [], "what was before, or is no more than so many, is none"
    requests(31)
    watch.look()
    assert heard.alarms == [("bad_signatures", "of-this-test")]
    watch.look()
    assert len(heard.alarms) == 1
