"""Notes that a replayed message was processed: only then is its letter done.

Why it exists: what was sent may die again, and nobody is helped by a letter that counts as
done because it left. Whatever a queue's handler says, it says here too: its Ack settles the
letter that the message names, before the broker may forget it. It must not judge a message,
nor believe a name that is not ours: the broker takes it off what others publish.
"""

from datetime import UTC, datetime
from typing import Any, Final, cast

import structlog

from contracts.headers import REPLAY_JOB, REPLAY_OF, REPLAYED_AT
from contracts.queues import DEAD
from worker.clock import Clock
from worker.errors import StoreRefusedError, StoreUnavailableError
from worker.runtime.lettering import LetterStore, Settled
from worker.runtime.outcome import Ack, Outcome, Retry
from worker.runtime.ports import Broker, Handler, Message

STORE_RETRY_SECONDS: Final = 5.0

_log = structlog.get_logger(__name__)


def settling(broker: Broker, store: LetterStore, clock: Clock) -> Broker:
    """Return the broker with every replayed message's letter settled in ``store``."""
    return cast(Broker, SettlingBroker(broker, store, clock))


class SettlingBroker:
    """:class:`worker.runtime.ports.Broker` over another; what is not here goes to it as it is."""

    def __init__(self, broker: Broker, store: LetterStore, clock: Clock) -> None:
        """Consume from ``broker``."""
        self._broker = broker
        self._store = store
        self._clock = clock

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  (whatever the port has)
        return getattr(self._broker, name)

    async def consume(self, queue: str, handler: Handler, *, concurrency: int) -> None:
        """Hand the queue's messages to ``handler``; what it acknowledges is settled."""
        if queue != DEAD:
            handler = Settling(handler, self._store, self._clock).handle
        await self._broker.consume(queue, handler, concurrency=concurrency)


class Settling:
    """A handler, and what its Ack means for the letter that the message replays."""

    def __init__(self, handler: Handler, store: LetterStore, clock: Clock) -> None:
        """Settle in ``store`` what ``handler`` acknowledges."""
        self._handler = handler
        self._store = store
        self._clock = clock

    async def handle(self, message: Message) -> Outcome:
        """Return what the handler returns; a Retry while the store cannot note its Ack."""
        outcome = await self._handler(message)
        letter_id = message.headers.get(REPLAY_OF)
        if not letter_id or not isinstance(outcome, Ack):
            return outcome
        now = self._clock.now()
        replayed_at = _moment(message.headers.get(REPLAYED_AT, ""), now)
        try:
            await self._store.settle_replay(
                Settled(letter_id, replayed_at, now, message.headers.get(REPLAY_JOB, ""))
            )
        except StoreRefusedError:
            _log.warning("replay_not_settled", queue=message.queue)
        except StoreUnavailableError:
            return Retry(STORE_RETRY_SECONDS, "the store does not answer", counted=False)
        return outcome


def _moment(text: str, default: datetime) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return default
    return at if at.tzinfo else at.replace(tzinfo=UTC)
