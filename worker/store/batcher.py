"""Group what is asked at the same time into one question to the database.

Why it exists: a statement costs nearly the same for one order as for fifty. Who asks while
nothing is under way waits until the loop is calm (:mod:`worker.calm`); while questions are under
way, and for a few milliseconds after, the next ones collect. It must not know what is asked.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Generic, TypeVar

from worker.calm import Gathering
from worker.errors import StoreUnavailableError
from worker.tasks import TaskGroup

Q = TypeVar("Q")
A = TypeVar("A")


class Batcher(Generic[Q, A]):
    """Asks ``run`` many questions at once.

    ``run`` returns one answer or one error for each question, in order. At most
    ``flights`` calls of it are under way at a time, with at most ``size`` questions each;
    questions of the same ``key`` (where there is one) are never under way together. After each
    call a flight rests for ``pause`` seconds: under load that makes few large batches of many
    small ones.
    """

    def __init__(  # noqa: PLR0913  (what a batch is, in one place)
        self,
        name: str,
        run: Callable[[list[Q]], Awaitable[Sequence[A | Exception]]],
        tasks: TaskGroup,
        *,
        flights: int,
        size: int,
        key: Callable[[Q], str] | None = None,
        pause: float = 0,
    ) -> None:
        """Start nothing yet; the calls run in ``tasks``."""
        self._name = name
        self._run = run
        self._tasks = tasks
        self._flights = flights
        self._size = size
        self._key = key
        self._pause = pause
        self._waiting: deque[tuple[Q, asyncio.Future[A]]] = deque()
        self._busy: set[str] = set()
        self._newest: dict[str, asyncio.Future[A]] = {}
        """What was asked last of each key and is not answered."""
        self._flying = 0

    async def ask(self, question: Q) -> A:
        """Return the answer to one question, or raise its error."""
        future: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, future))
        if self._key is not None:
            key = self._key(question)
            self._newest[key] = future
            future.add_done_callback(partial(self._forget, key))
        if self._flying < self._flights:
            self._flying += 1
            self._tasks.start(self._fly(), self._name)
        return await future

    async def answered(self, key: str) -> None:
        """Return once what was asked of a key until now is answered, whatever the answer."""
        if newest := self._newest.get(key):
            await asyncio.wait([newest])

    def _forget(self, key: str, future: asyncio.Future[A]) -> None:
        if self._newest.get(key) is future:
            del self._newest[key]

    def refuse(self) -> None:
        """Tell those who still wait that nothing was asked for them."""
        while self._waiting:
            _, future = self._waiting.popleft()
            if not future.done():
                future.set_exception(StoreUnavailableError("the store was closed"))

    async def _fly(self) -> None:
        try:
            while batch := await self._gathered():
                try:
                    await self._answer(batch)
                finally:
                    if self._key is not None:
                        self._busy.difference_update([self._key(one) for one, _ in batch])
                if self._pause:
                    await asyncio.sleep(self._pause)
        finally:
            self._flying -= 1

    async def _gathered(self) -> list[tuple[Q, asyncio.Future[A]]]:
        """Return the next batch, once the loop is calm."""
        loop = asyncio.get_running_loop()
        gathering = Gathering(self._size, loop.time())
        while gathering.goes_on(len(self._waiting), loop.time()):  # noqa: ASYNC110  (counts turns)
            await asyncio.sleep(0)
        return self._take()

    def _take(self) -> list[tuple[Q, asyncio.Future[A]]]:
        """Return the next batch; leave what must wait for its key at the head of the queue."""
        batch: list[tuple[Q, asyncio.Future[A]]] = []
        held: list[tuple[Q, asyncio.Future[A]]] = []
        while self._waiting and len(batch) < self._size:
            one = self._waiting.popleft()
            if one[1].done():  # its caller was cancelled
                continue
            if self._key is not None:
                key = self._key(one[0])
                if key in self._busy:
                    held.append(one)
                    continue
                self._busy.add(key)
            batch.append(one)
        self._waiting.extendleft(reversed(held))
        return batch

    async def _answer(self, batch: list[tuple[Q, asyncio.Future[A]]]) -> None:
        answers: Sequence[A | Exception]
        try:
            answers = await self._run([question for question, _ in batch])
        except asyncio.CancelledError:
            stopped = [StoreUnavailableError("the store was closed") for _ in batch]
            _settle(batch, stopped)
            raise
        except Exception as error:  # noqa: BLE001  (each caller gets it)
            answers = [error for _ in batch]
        _settle(batch, answers)


def _settle(batch: Sequence[tuple[Q, asyncio.Future[A]]], answers: Sequence[A | Exception]) -> None:
    for (_, future), answer in zip(batch, answers, strict=True):
        if future.done():
            continue
        if isinstance(answer, Exception):
            future.set_exception(answer)
        else:
            future.set_result(answer)
