"""Messages that a released version put on RabbitMQ are read by today's decoders."""

import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from aiormq import spec

from contracts import queues
from contracts.catalogue import CATALOGUE
from contracts.envelope import unwrap
from contracts.events import OrderOutcome
from tests.upgrades import history, kept
from worker.broker import codec
from worker.deadletters.drain import read_letter
from worker.runtime.ports import Message
from worker.runtime.verdict import Verdict

US = "guest"
VERDICTS = {verdict.encode() for verdict in Verdict}
"""What the inbox tells the ingress of a notice."""


def decoded(heard: dict[str, Any]) -> Message:
    """Return a message as today's worker takes it from its queue."""
    told = dict(heard["properties"])
    properties = spec.Basic.Properties(
        headers=told.get("headers"),
        content_type=told.get("content_type"),
        delivery_mode=told.get("delivery_mode"),
        message_id=told.get("message_id"),
        message_type=told.get("type"),
        correlation_id=told.get("correlation_id"),
        reply_to=told.get("reply_to"),
        user_id=told.get("user_id"),
        timestamp=datetime.fromtimestamp(told.get("timestamp", 0), UTC),
    )
    incoming: Any = SimpleNamespace(
        header=SimpleNamespace(properties=properties),
        body=heard["body"].encode(),
        redelivered=False,
    )
    return codec.decode(heard["routing_keys"][0], incoming, user=US)


@pytest.mark.parametrize("version", kept.versions())
def test_every_message_is_read_and_keeps_its_id(version: str) -> None:
    wire = json.loads((history.FOLDER / version / "wire.json").read_text())
    read: set[str] = set()
    for heard in wire:
        message = decoded(heard)
        read.add(message.queue.partition("relay")[0].partition("reply-to")[0])
        if message.queue.startswith(queues.DIRECT_REPLY):
            if message.body not in VERDICTS:
                assert OrderOutcome.parse(message.body).code
            continue
        assert message.message_id == heard["properties"]["headers"]["tb-message-id"]
        assert message.attempt == int(heard["properties"]["headers"]["tb-attempt"])
        assert unwrap(CATALOGUE[message.type].model, message.body).data is not None
        if message.queue == queues.DEAD:
            assert read_letter(message, datetime.now(UTC)).kind
    assert len(read) >= 5
