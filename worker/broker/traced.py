"""A broker whose messages carry the trace that they belong to, whichever broker carries them.

Why it exists: a span ends where a message leaves the process, and whoever handles the message
goes on from what it carries. It stands around the broker only where tracing is on. It must not
change a message but for its headers.
Source: docs/decisions/0026-traces.md.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, cast

from contracts.headers import REPLAY_OF
from worker.runtime.outcome import Outcome
from worker.runtime.ports import Broker, Handler, Message
from worker.telemetry import traces
from worker.telemetry.traces import TRACED_AT, TRACEPARENT

LONG_SECONDS: Final = 60.0
"""What waited longer is linked to where it came from, and is no part of that span."""


def traced(broker: Broker) -> Broker:
    """Return the broker with spans around what is published and handled."""
    return cast(Broker, TracedBroker(broker))


class TracedBroker:
    """:class:`worker.runtime.ports.Broker` over another; what is not here goes to it as it is."""

    def __init__(self, broker: Broker) -> None:
        """Publish and consume through ``broker``."""
        self._broker = broker

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  (whatever the port has)
        return getattr(self._broker, name)

    async def publish(self, message: Message, *, delay: float = 0) -> None:
        """Return once the broker has the message. Raises what the port raises."""
        with _publishing(message):
            await self._broker.publish(_carrying(message), delay=delay)

    async def request(
        self, message: Message, *, wait: float, final: Callable[[bytes], bool] | None = None
    ) -> bytes | None:
        """Publish, and wait for the first reply; the wait is part of the span."""
        with _publishing(message):
            return await self._broker.request(_carrying(message), wait=wait, final=final)

    async def consume(self, queue: str, handler: Handler, *, concurrency: int) -> None:
        """Hand the queue's messages to ``handler``, each within a span."""

        async def handling(message: Message) -> Outcome:
            opened = traces.received(
                f"process {message.type or 'message'}",
                message.headers.get(TRACEPARENT, ""),
                late=_is_late(message),
                queue=queue,
                type=message.type,
                attempt=message.attempt + 1,
            )
            with opened as span:
                outcome = await handler(message)
                span.set(outcome=type(outcome).__name__.lower())
                return outcome

        await self._broker.consume(queue, handling, concurrency=concurrency)


def _publishing(message: Message) -> traces.Opened:
    return traces.span(
        f"publish {message.type or 'message'}",
        "producer",
        message.headers.get(TRACEPARENT, ""),
        queue=message.queue,
        type=message.type,
    )


def _carrying(message: Message) -> Message:
    return replace(message, headers={**message.headers, **traces.carried()})


def _is_late(message: Message) -> bool:
    """Tell whether it waited for long: in its queue, for a retry, or among the dead letters."""
    if message.attempt or REPLAY_OF in message.headers:
        return True
    try:
        return time.time() - float(message.headers.get(TRACED_AT, "")) > LONG_SECONDS
    except ValueError:
        return False
