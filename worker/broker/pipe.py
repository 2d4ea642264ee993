"""One channel's messages, past aiormq: publishes with confirms, deliveries, acknowledgements.

Why it exists: a message costs a few calls here, and no task, lock or time-out of its own. The
channel is opened, set up and closed by aiormq; while it lives, nobody else may publish on it,
for its publishes are numbered here. It must not know what a message means.
Source: docs/decisions/0032-cpu-of-messages.md.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog
from pamqp.header import ContentHeader

from worker.broker import frames
from worker.broker.codec import Incoming, Parcel

Take = Callable[[Incoming], None]

_METHOD_SIZE: Final = 4
_log = structlog.get_logger(__name__)


class ReturnedError(Exception):
    """No queue took the message; nothing is quoted of it."""


class RefusedError(Exception):
    """RabbitMQ did not take the message."""


@dataclass(slots=True)
class _Awaited:
    """A publish that waits for its confirm."""

    done: asyncio.Future[None]
    deadline: float
    message_id: str | None
    returned: bool = False


class Pipe:
    """What is published and comes in on one channel."""

    def __init__(self, number: int, room: int, write: Callable[[bytes], None]) -> None:
        """Write by ``write`` for channel ``number``, at most ``room`` bytes of a body a frame."""
        self.on_delivery: Take = _nobody
        self.closed = False
        """Nothing may be written for this channel any more, or the connection is lost over it."""
        self._number = number
        self._room = room
        self._write = write
        self._loop = asyncio.get_running_loop()
        self._published = 0
        self._awaited: dict[int, _Awaited] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._incoming: Incoming | None = None
        self._is_return = False
        self._body: list[bytes] = []
        self._missing = 0

    # --- out ---

    def publish(self, parcel: Parcel, deadline: float) -> asyncio.Future[None]:
        """Write a message on a channel with confirms; return what ends when it is confirmed.

        The future raises ReturnedError, RefusedError, TimeoutError after ``deadline`` (by the
        loop's clock), ConnectionError. Raises ConnectionError where the channel is closed,
        ValueError or TypeError for what AMQP cannot say: then nothing was written.
        """
        self.post(parcel)
        self._published += 1
        done: asyncio.Future[None] = self._loop.create_future()
        awaited = _Awaited(done, deadline, parcel.properties.message_id)
        self._awaited[self._published] = awaited
        if self._timer is None:
            self._timer = self._loop.call_at(deadline, self._look_at_the_oldest)
        return done

    def post(self, parcel: Parcel) -> None:
        """Write a message on a channel without confirms; raises as :meth:`publish` does."""
        if self.closed:
            raise ConnectionError("the channel is closed")
        self._write(frames.publish(self._number, parcel, self._room))

    def acknowledge(self, delivery_tag: int) -> None:
        """Acknowledge a message; on a channel that is closed there is nothing to do."""
        if not self.closed:
            self._write(frames.acknowledge(self._number, delivery_tag))

    def give_up(self) -> None:
        """Write nothing more, and tell everybody who waits that no confirm will come."""
        self.closed = True
        awaited, self._awaited = self._awaited, {}
        for one in awaited.values():
            _end(one, ConnectionError("the channel was given up"))
        if self._timer is not None:
            self._timer.cancel()

    def _look_at_the_oldest(self) -> None:
        self._timer = None
        now = self._loop.time()
        for tag, one in list(self._awaited.items()):
            if one.deadline > now:
                self._timer = self._loop.call_at(one.deadline, self._look_at_the_oldest)
                return
            del self._awaited[tag]
            _end(one, TimeoutError())

    # --- in ---

    def take(self, kind: int, payload: bytes) -> bool:
        """Take a frame of this channel; False: it is aiormq's."""
        if kind == frames.METHOD:
            return self._take_method(int.from_bytes(payload[:_METHOD_SIZE]), payload)
        if self._incoming is None:
            return False
        if kind == frames.HEADER:
            self._incoming.header = frames.content_header(payload)
            self._missing = self._incoming.header.body_size
        else:
            self._body.append(payload)
            self._missing -= len(payload)
        if self._missing <= 0:
            self._complete(self._incoming)
        return True

    def _take_method(self, method: int, payload: bytes) -> bool:
        if method == frames.DELIVER:
            tag, redelivered = frames.delivery(payload)
            self._incoming = Incoming(_NO_HEADER, b"", tag, redelivered)
        elif method == frames.RETURN:
            self._incoming, self._is_return = Incoming(_NO_HEADER, b""), True
        elif method in {frames.ACK, frames.NACK}:
            self._settle(*frames.settled(payload), is_taken=method == frames.ACK)
        else:
            self.closed = self.closed or method in {frames.CLOSE, frames.CLOSE_OK}
            return False
        return True

    def _complete(self, incoming: Incoming) -> None:
        body = self._body
        incoming.body = body[0] if len(body) == 1 else b"".join(body)
        self._incoming, self._body = None, []
        if self._is_return:
            self._is_return = False
            self._mark_returned(incoming.header.properties.message_id)
            return
        try:
            self.on_delivery(incoming)
        except Exception as error:  # noqa: BLE001  (an error of ours is none of the connection)
            _log.error("delivery_failed", error=type(error).__name__)

    def _mark_returned(self, message_id: str | None) -> None:
        """Note that a message came back; its confirm follows, and means only that it is gone."""
        for one in self._awaited.values():
            if one.message_id == message_id:
                one.returned = True
                return

    def _settle(self, tag: int, multiple: bool, *, is_taken: bool) -> None:  # noqa: FBT001  (as read)
        tags = [one for one in self._awaited if one <= tag] if multiple else [tag]
        for one in tags:
            awaited = self._awaited.pop(one, None)
            if awaited is None:
                continue
            if awaited.returned:
                _end(awaited, ReturnedError())
            elif not is_taken:
                _end(awaited, RefusedError())
            elif not awaited.done.done():
                awaited.done.set_result(None)


async def passed_by(_: object) -> None:
    """Stand where aiormq wants to know who takes messages: they come through the pipe."""


_NO_HEADER: Final = ContentHeader()


def _nobody(_incoming: Incoming) -> None:
    _log.warning("delivery_unexpected")


def _end(awaited: _Awaited, error: Exception) -> None:
    if not awaited.done.done():
        awaited.done.set_exception(error)
