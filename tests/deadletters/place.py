"""A store with letters, workers that look for jobs, and a broker that does as it is told."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from contracts.headers import REPLAY_OF
from tests.deadletters.letters import letter
from tests.doubles import NOON, HeldClock
from worker.deadletters.runner import ReplayRunner
from worker.deadletters.settling import Settling
from worker.deadletters.work import LetterWork
from worker.runtime.lettering import STATES, LetterQuery
from worker.runtime.outcome import Ack
from worker.runtime.ports import DeadLetter, Message
from worker.runtime.replaying import ReplayJob
from worker.store.sqlite import SqliteStore
from worker.tasks import TaskGroup

QUERY = LetterQuery()


@dataclass
class Broker:
    """Takes messages, and lets a test decide what becomes of each."""

    clock: HeldClock
    messages: list[Message] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    refuse: Callable[[Message], Exception | None] = lambda _message: None
    then: Callable[[Message], object] | None = None

    async def publish(self, message: Message, *, delay: float = 0) -> None:
        assert delay == 0
        if (error := self.refuse(message)) is not None:
            raise error
        self.messages.append(message)
        self.times.append((self.clock.now() - NOON).total_seconds())
        if self.then is not None:
            self.then(message)

    @property
    def ids(self) -> list[str]:
        return [message.headers[REPLAY_OF] for message in self.messages]


class TurningClock(HeldClock):
    """Held, and lets others go on while a test looks again at what it waits for."""

    async def turn(self) -> None:
        await asyncio.sleep(0)


class Place:
    """A store with letters, and workers that look for jobs."""

    def __init__(self, store: SqliteStore) -> None:
        self.store = store
        self.clock = TurningClock(NOON + timedelta(hours=1))
        self.broker = Broker(self.clock)
        self.tasks = TaskGroup(lambda _name, error: self.errors.append(error))
        self.errors: list[BaseException] = []
        self.work = LetterWork(store, self.clock, "cli:ann")

    def runner(self) -> ReplayRunner:
        return ReplayRunner(self.store, self.broker, self.clock, self.tasks)  # type: ignore[arg-type]

    async def letters(self, number: int, **changes: object) -> None:
        for n in range(number):
            at = NOON + timedelta(seconds=n)
            made = replace(letter(), id=f"{n:016x}", first_failed_at=at, last_failed_at=at)
            await self.store.add_dead_letter(replace(made, **changes))  # type: ignore[arg-type]

    async def begin(self, **changes: object) -> ReplayJob:
        job = replace(ReplayJob("", QUERY, "", self.clock.now(), "", rate=10.0), **changes)  # type: ignore[arg-type]
        return await self.work.begin(job)

    async def ended(self, runner: ReplayRunner) -> None:
        async with asyncio.timeout(30):
            await runner.look()
            await self.tasks.join()
        assert self.errors == []

    async def job(self, job: ReplayJob) -> ReplayJob:
        found = await self.store.replay_job(job.id)
        assert found is not None
        return found

    async def states(self) -> dict[str, int]:
        found = await self.store.find_letters(LetterQuery(states=STATES, limit=1000))
        states = [one.state for one in found]
        return {state: states.count(state) for state in sorted(set(states))}

    async def settle(self, *messages: Message) -> None:
        async def taken(_message: Message) -> Ack:
            return Ack()

        for message in messages:
            assert await Settling(taken, self.store, self.clock).handle(message) == Ack()

    async def fail(self, *messages: Message) -> None:
        for message in messages:
            known = await self.store.dead_letter(message.headers[REPLAY_OF])
            assert known is not None
            self.clock.advance(0.001)
            failed = replace(known, state="open", last_failed_at=self.clock.now())
            await self.store.add_dead_letter(failed)

    def when(self, count: int, act: Callable[[Sequence[Message]], object]) -> None:
        """Do something as soon as that many messages went, and those since now are marked."""
        before = len(self.broker.messages)

        def then(_message: Message) -> None:
            if len(self.broker.messages) == count:
                self.tasks.start(self._acted(act, before), "act")

        self.broker.then = then

    async def _acted(self, act: Callable[[Sequence[Message]], object], before: int) -> None:
        while any(one.state == "open" for one in await self._sent(before)):
            await self.clock.turn()
        result = act(list(self.broker.messages))
        if asyncio.iscoroutine(result):
            await result

    async def _sent(self, before: int) -> Sequence[DeadLetter]:
        ids = tuple(self.broker.ids[before:])
        return await self.store.find_letters(LetterQuery(ids=ids, states=STATES))
