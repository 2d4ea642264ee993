"""A broker whose messages are sealed while they wait, whichever broker carries them.

Why it exists: a queue lies on a disk like a table, and what we alone read there need not be
readable there. A message is sealed as it is published and opened as it is handled; between
the two (delay tiers, dead letters) it travels as it is. It must not seal what others read (order
events, replies), nor open what others published: commands of upstream systems come plain and
stay so, and nobody else's bytes pass for sealed ones of ours.
Source: docs/decisions/0017-sealed-at-rest.md.
"""

from collections.abc import Callable
from typing import Any, Final, cast

import structlog

from contracts import headers, queues
from worker.errors import SealedError
from worker.runtime.outcome import Outcome, Retry
from worker.runtime.ports import Broker, Handler, Message
from worker.saga.replacing import replace
from worker.sealing import Sealer

PLACE: Final = "message"
KEY_RETRY_SECONDS: Final = 30.0
"""How long a message waits that is sealed under a key which is not there."""

_log = structlog.get_logger(__name__)


def sealed(broker: Broker, sealer: Sealer) -> Broker:
    """Return the broker with everything personal sealed under ``sealer``."""
    return cast(Broker, SealedBroker(broker, sealer))


class SealedBroker:
    """:class:`worker.runtime.ports.Broker` over another; what is not here goes to it as it is."""

    def __init__(self, broker: Broker, sealer: Sealer) -> None:
        """Publish through ``broker`` what ``sealer`` seals."""
        self._broker = broker
        self._sealer = sealer

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  (whatever the port has)
        return getattr(self._broker, name)

    async def publish(self, message: Message, *, delay: float = 0) -> None:
        """Return once the broker has the message, sealed. Raises what the port raises."""
        await self._broker.publish(self._sealed(message), delay=delay)

    async def request(
        self, message: Message, *, wait: float, final: Callable[[bytes], bool] | None = None
    ) -> bytes | None:
        """Publish, sealed, and wait for the first reply."""
        return await self._broker.request(self._sealed(message), wait=wait, final=final)

    async def consume(self, queue: str, handler: Handler, *, concurrency: int) -> None:
        """Hand the queue's messages to ``handler``, opened; what cannot be opened waits."""

        async def opening(message: Message) -> Outcome:
            if headers.PUBLISHER in message.headers:
                return await handler(message)
            try:
                name = message.headers.get(headers.DEAD_FIRST_ID, message.message_id)
                body = self._sealer.open(message.body, PLACE, name)
            except SealedError as error:
                _log.warning("message_left_sealed", queue=queue, reason=str(error))
                return Retry(KEY_RETRY_SECONDS, "it cannot be opened", counted=False)
            return await handler(message if body is message.body else replace(message, body=body))

        await self._broker.consume(queue, opening, concurrency=concurrency)

    def _sealed(self, message: Message) -> Message:
        """Return the message as it is published; a question holds nothing personal."""
        foreign = headers.PUBLISHER in message.headers
        if foreign or message.queue == queues.QUERIES or queues.event_topics(message.queue):
            return message
        body = self._sealer.seal(message.body, PLACE, message.message_id)
        return message if body is message.body else replace(message, body=body)
