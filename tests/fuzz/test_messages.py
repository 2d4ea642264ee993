"""Whatever lies in a queue: read or refused, and in the end on record or among the dead.

No handler may raise, and none may keep a message going round for ever that no time will
mend. Nothing of the people in a message reaches a log.
"""

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiormq import spec
from hypothesis import strategies as st

from contracts import headers, queues
from contracts.catalogue import CATALOGUE
from contracts.envelope import unwrap
from tests.doubles import DELIVERED, HeldClock, ScriptedChannels
from tests.fuzz.mutations import NAME, PERSONAL, VALUES, bodies, holds
from tests.relay.notifications import TARGET
from tests.runtime.world import World, world
from worker.broker import codec
from worker.clock import SystemClock
from worker.deadletters.drain import Drain, read_letter
from worker.deadletters.masking import mask_body
from worker.relay.handler import Relay
from worker.runtime.door import complaint
from worker.runtime.outcome import Ack, Outcome, Park, Retry
from worker.runtime.ports import Message
from worker.store.migrate import migrate
from worker.store.postgres import PostgresStore
from worker.telemetry import set_up_logging
from worker.translation.supplier import Unknown

FEW, MANY = 60, 2_000
OFTEN = [FEW, pytest.param(MANY, marks=[pytest.mark.acceptance, pytest.mark.timeout(900)])]
PATIENCE = 200
"""How often a message comes again before it counts as one that never ends."""
LARGEST = 2**31 - 1
"""What a database's column of whole numbers holds."""

COUNTS = st.sampled_from(["0", "3", "999999999", str(2**31), str(2**63), "9" * 5000, "-1", "٣", ""])
HEADERS = st.fixed_dictionaries(
    {}, optional={codec.ATTEMPT: COUNTS, headers.DEAD_ATTEMPTS: COUNTS}
) | st.dictionaries(
    st.sampled_from(
        [
            codec.ATTEMPT,
            codec.MESSAGE_ID,
            *sorted(headers.DEAD_HEADERS),
            headers.REPLAY_OF,
            headers.REPLAYED_AT,
            headers.PUBLISHER,
            "x-death",
            "x-first-death-queue",
            "CC",
            "else",
        ]
    ),
    st.one_of(VALUES, st.binary(max_size=8), st.integers(0, 9).map(str)),
    max_size=4,
)
PROPERTIES = st.fixed_dictionaries(
    {},
    optional={
        "headers": HEADERS,
        "message_id": st.text(max_size=40),
        "message_type": st.sampled_from([*CATALOGUE, "", "no.such.v9"]),
        "correlation_id": st.text(max_size=40),
        "reply_to": st.text(max_size=40),
        "user_id": st.sampled_from(["guest", "erp", ""]),
    },
)
QUEUES = st.sampled_from([*queues.WORK, queues.DEAD, queues.relay_queue("k")])


def decoded(queue: str, properties: dict[str, Any], body: bytes) -> Message:
    """Return what the codec makes of a delivery."""
    incoming: Any = SimpleNamespace(
        header=SimpleNamespace(properties=spec.Basic.Properties(**properties)),
        body=body,
        redelivered=False,
    )
    return codec.decode(queue, incoming, user="guest")


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    set_up_logging("json", stream=stream)
    yield stream
    told = stream.getvalue()
    assert [word for word in (*PERSONAL, NAME) if word in told] == []


@pytest.mark.parametrize("often", OFTEN)
def test_every_delivery_decodes_and_can_be_sent_again(often: int) -> None:
    def check(drawn: tuple[str, dict[str, Any], bytes]) -> None:
        message = decoded(*drawn)
        assert message.message_id
        assert 0 <= message.attempt <= LARGEST
        assert all(isinstance(v, str) for v in message.headers.values())
        again = codec.encode(message, user="guest")
        back = decoded(drawn[0], _properties(again), again.body)
        assert (back, back.user) == (message, message.user)

    holds(often, st.tuples(QUEUES, PROPERTIES, bodies()), check)


def _properties(parcel: codec.Parcel) -> dict[str, Any]:
    found = parcel.properties
    names = ("headers", "message_id", "message_type", "correlation_id", "reply_to", "user_id")
    return {name: getattr(found, name) for name in names}


@pytest.mark.parametrize("often", OFTEN)
def test_every_body_is_read_or_refused_by_name(often: int) -> None:
    def check(body: bytes) -> None:
        for entry in CATALOGUE.values():
            try:
                unwrap(entry.model, body)
            except ValueError as error:
                said = complaint(error)
                assert [word for word in (*PERSONAL, NAME) if word in said] == []

    holds(often // 2, bodies(), check)


@pytest.mark.parametrize("often", OFTEN)
def test_every_dead_letter_can_be_listed_and_shown_masked(often: int) -> None:
    def check(drawn: tuple[dict[str, Any], bytes]) -> None:
        message = decoded(queues.DEAD, *drawn)
        letter = read_letter(message, HeldClock().now())
        assert 0 <= letter.message.attempt <= LARGEST
        shown = repr(mask_body(letter.message.body))
        assert PERSONAL[0] not in shown

    holds(often, st.tuples(PROPERTIES, bodies()), check)


class AnyZzy:
    """A supplier whose answers are all lost."""

    def __getattr__(self, _call: str) -> Callable[..., Any]:
        async def lost(*_: object) -> Unknown:
            return Unknown("timeout")

        return lost


class Desk:
    """Takes the messages of one queue, each to its end."""

    def __init__(self, kind: str, made: World) -> None:
        relay = Relay([TARGET], ScriptedChannels((DELIVERED,)), made.store, HeldClock())
        takes: dict[str, Any] = {
            "order": made.commands,
            "zzy.notice": made.notices,
            "channel": relay,
        }
        self._handle = takes[kind].handle
        self._clock = made.clock

    async def end(self, message: Message) -> Outcome:
        """Return the last outcome of a message: as the broker would, come again and again."""
        outcome: Outcome = Ack()
        for _ in range(PATIENCE):
            outcome = await self._handle(message)
            if not isinstance(outcome, Retry):
                break
            self._clock.advance(max(outcome.delay, 1))
            message = replace(message, attempt=message.attempt + outcome.counted)
        return outcome


def typed(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    """Draw properties with a type of this kind."""
    types = st.sampled_from([name for name in CATALOGUE if name.startswith(kind)])
    return st.builds(lambda drawn, name: {**drawn, "message_type": name}, PROPERTIES, types)


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize("often", OFTEN)
@pytest.mark.parametrize("kind", ["order", "zzy.notice", "channel"])
def test_every_message_of_a_queue_ends(kind: str, often: int, tmp_path: Path) -> None:
    async def run() -> None:
        async with world(tmp_path) as made:
            made.zzy = AnyZzy()  # type: ignore[assignment]
            made.restart()
            desk, loop = Desk(kind, made), asyncio.get_running_loop()

            def check(drawn: tuple[dict[str, Any], bytes]) -> None:
                message = decoded(queues.ORDERS, *drawn)
                outcome = asyncio.run_coroutine_threadsafe(desk.end(message), loop).result(30)
                assert isinstance(outcome, Ack) or (isinstance(outcome, Park) and outcome.kind)

            await asyncio.to_thread(holds, often, st.tuples(typed(kind), bodies(kind)), check)

    asyncio.run(run())


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize("often", OFTEN)
@pytest.mark.parametrize("where", ["file", "server"])
def test_every_dead_letter_is_kept(
    where: str, often: int, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue("postgres_url") if where == "server" else ""

    async def run() -> None:
        async with stored(url, tmp_path) as store:
            drain = Drain(store, SystemClock())
            loop = asyncio.get_running_loop()

            def check(drawn: tuple[dict[str, Any], bytes]) -> None:
                message = decoded(queues.DEAD, *drawn)
                outcome = asyncio.run_coroutine_threadsafe(drain.handle(message), loop)
                assert outcome.result(30) == Ack()
                letter = read_letter(message, SystemClock().now())
                kept = asyncio.run_coroutine_threadsafe(store.dead_letter(letter.id), loop)
                assert kept.result(30) is not None

            await asyncio.to_thread(holds, often, st.tuples(PROPERTIES, bodies()), check)

    asyncio.run(run())


@asynccontextmanager
async def stored(url: str, folder: Path) -> AsyncIterator[Any]:
    if not url:
        async with world(folder) as made:
            yield made.store
        return
    await migrate(url)
    store = PostgresStore(url)
    await store.start()
    yield store
    await store.close()
