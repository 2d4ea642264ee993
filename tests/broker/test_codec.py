"""What comes in from RabbitMQ is a message of ours, whoever wrote it."""

from types import SimpleNamespace
from typing import Any

import pytest
from aiormq import spec

from contracts import headers, queues
from worker.broker import codec


@pytest.mark.parametrize(
    ("told", "attempt"),
    [("3", 3), ("999999999", 999_999_999), (str(2**31), 0), ("9" * 5000, 0), ("-1", 0), ("٣", 0)],
)
def test_an_attempt_that_no_table_can_hold_is_none(told: str, attempt: int) -> None:
    properties = spec.Basic.Properties(headers={codec.ATTEMPT: told})
    incoming: Any = SimpleNamespace(
        header=SimpleNamespace(properties=properties), body=b"", redelivered=False
    )
    assert codec.decode(queues.ORDERS, incoming, user="guest").attempt == attempt


@pytest.mark.parametrize("deaths", [[], [None], ["x"], [{"time": "x"}], "x", None, {}])
def test_deaths_that_no_broker_wrote_do_no_harm(deaths: Any) -> None:  # noqa: ANN401
    properties = spec.Basic.Properties(headers={"x-first-death-queue": "q", "x-death": deaths})
    incoming: Any = SimpleNamespace(
        header=SimpleNamespace(properties=properties), body=b"", redelivered=False
    )
    assert codec.decode(queues.DEAD, incoming, user="guest").headers[headers.DEAD_QUEUE] == "q"


@pytest.mark.parametrize("user", ["guest", "upstream", None])
def test_what_names_a_letter_is_believed_in_our_own_messages_alone(
    user: str | None,
) -> None:
    named: dict[str, Any] = {headers.REPLAY_OF: "0" * 16, headers.REPLAY_JOB: "j"}
    properties = spec.Basic.Properties(headers=named, user_id=user)
    incoming: Any = SimpleNamespace(
        header=SimpleNamespace(properties=properties), body=b"", redelivered=False
    )
    found = codec.decode(queues.ORDERS, incoming, user="guest").headers
    assert (headers.REPLAY_OF in found, headers.REPLAY_JOB in found) == (user == "guest",) * 2
