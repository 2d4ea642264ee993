"""Record what a version writes: ``python -m tests.upgrades.record VERSION``, at its release.

Plays every story against the version's own worker and keeps the journal of its file, order
by order, its messages as they lie on RabbitMQ, and its code. With ``--code FOLDER`` the code
of an older version in a clone of its own is recorded. Needs RabbitMQ and PostgreSQL:
``python -m tests.servers run -- python -m tests.upgrades.record VERSION``.
"""

import argparse
import asyncio
import json
import sqlite3
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from aiohttp.test_utils import TestServer

from tests.e2e.bridge import Place, started
from tests.upgrades import history, journal, kept
from tests.upgrades.outside import APP_KEY, Receiver, Supplier, ours
from tests.upgrades.play import Player
from tests.upgrades.stories import SETTINGS, STORIES, Story, playable
from tests.upgrades.tap import tapped
from worker.simulators.channel_driver import ChannelDriver


def place(folder: Path, supplier: TestServer, receiver: TestServer, **urls: str) -> Place:
    """Return the set-up of the version that is recorded."""
    return Place(
        folder,
        zzy_url=str(supplier.make_url("")).rstrip("/"),
        channel_url=str(receiver.make_url("")).rstrip("/"),
        settings=SETTINGS,
        zzy_timeout=10,  # what is lost is lost by the story, not by a busy machine
        retry_delays='["1s"]',
        **urls,  # type: ignore[arg-type]
    )


async def record_file(version: str, code: Path, folder: Path) -> list[history.History]:
    """Play all stories on the embedded set-up; return what was written of each."""
    path = folder / "bridge.db"
    supplier, receiver = Supplier(STORIES, lambda: journal.written(path)), Receiver(STORIES)
    servers = [TestServer(supplier.application()), TestServer(receiver.application())]
    for server in servers:
        await server.start_server()
    where = place(folder, *servers)
    async with started(where, code=code) as bridge:  # it makes its tables
        assert await bridge.stop() == 0
    journal.keep(path)
    async with started(where, code=code) as bridge:
        await _play(version, where, supplier, path)
        assert await bridge.stop() == 0
    for server in servers:
        await server.close()
    whole = journal.read(path)
    played = playable(version)
    return [_history(version, story, whole, supplier, receiver) for story in played]


def _history(
    version: str, story: Story, whole: list[journal.Entry], supplier: Supplier, receiver: Receiver
) -> history.History:
    number, theirs = ours(story), supplier.zzy_order_ids[story.name]
    words = (number, str(theirs), f'"{story.channel_order_num}"')
    return history.History(
        version=version,
        story=story.name,
        order_num=number,
        zzy_order_id=theirs,
        journal=history.of_order(whole, words),
        calls=supplier.calls.get(story.name, []),
        told=sorted(receiver.told.get(number, ())),
    )


async def _play(version: str, where: Place, supplier: Supplier, path: Path) -> None:
    driver = ChannelDriver(where.url, APP_KEY, "s3cret")
    players = [Player(story, driver, where.url, supplier, path) for story in playable(version)]
    await asyncio.gather(*(player.play() for player in players))
    await driver.close()


async def record_wire(version: str, code: Path, folder: Path) -> list[dict[str, Any]]:
    """Play all stories on RabbitMQ; return every message as it was published."""
    supplier, receiver = Supplier(STORIES), Receiver(STORIES)
    servers = [TestServer(supplier.application()), TestServer(receiver.application())]
    for server in servers:
        await server.start_server()
    async with tapped() as tap:
        where = place(folder, *servers, broker_url=tap.url, database_url="sqlite:///bridge.db")
        async with started(where, code=code) as bridge:
            await _play(version, where, supplier, folder / "bridge.db")
            assert await bridge.stop() == 0
        messages = await tap.messages()
    for server in servers:
        await server.close()
    return messages


def _version(path: Path) -> Mapping[str, Any]:
    with sqlite3.connect(path) as connection:
        statements = journal.schema(connection)
        (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    connection.close()
    return {"revision": revision, "schema": statements}


async def record(version: str, tree: Path) -> None:
    """Record the version whose code stands in ``tree``."""
    target = history.FOLDER / version
    if target.exists():
        raise ValueError(f"{version} is recorded, and what was released is never changed")
    if version not in kept.versions():
        kept.pack(version, tree)
    with TemporaryDirectory() as scratch:
        folders = [Path(scratch) / name for name in ("file", "wire")]
        for folder in folders:
            folder.mkdir()
        code = kept.unpack(version, Path(scratch))
        orders = await record_file(version, code, folders[0])
        about = _version(folders[0] / "bridge.db")
        wire = await record_wire(version, code, folders[1])
    target.mkdir(parents=True)
    for one in orders:
        history.write(one, target)
    (target / "version.json").write_text(json.dumps(about, indent=1) + "\n")
    lines = ",\n".join(json.dumps(m, ensure_ascii=False, separators=(",", ":")) for m in wire)
    (target / "wire.json").write_text(f"[\n{lines}\n]\n")


def main() -> None:
    """Record the version that is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("version")
    parser.add_argument("--code", type=Path, default=Path(__file__).parents[2])
    told = parser.parse_args()
    asyncio.run(record(told.version, told.code))
    sys.stdout.write(f"{history.FOLDER / told.version}\n")


if __name__ == "__main__":
    main()
