"""Every handled message is counted by what became of it, on every broker."""

import pytest
from prometheus_client import REGISTRY

from worker.broker.settle import outcome_of
from worker.runtime.outcome import Ack, Outcome, Park, Retry
from worker.runtime.ports import Message


@pytest.mark.parametrize(
    ("outcome", "counted"),
    [
        (Ack(), "acknowledged"),
        (Retry(1, "later"), "retried"),
        (Park("kind", "why"), "parked"),
        (ValueError(), "failed"),
    ],
)
async def test_a_handled_message_is_counted_and_timed(
    outcome: Outcome | ValueError, counted: str
) -> None:
    async def handle(_: Message) -> Outcome:
        if isinstance(outcome, ValueError):
            raise outcome
        return outcome

    def value(name: str, **labels: str) -> float:
        return REGISTRY.get_sample_value(f"ticketbridge_{name}", {"queue": "q", **labels}) or 0

    before = value("messages_consumed_total", outcome=counted)
    timed = value("message_handling_duration_seconds_count")
    await outcome_of(handle, Message("q", "t", b"", "m"))
    assert value("messages_consumed_total", outcome=counted) == before + 1
    assert value("message_handling_duration_seconds_count") == timed + 1
