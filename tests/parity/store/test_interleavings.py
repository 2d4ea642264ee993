"""However commits interleave: no update is lost, and a lost swap writes nothing."""

import asyncio
import json
import random

import pytest

from tests.parity.store.kit import Opener, full, unsent_ids
from worker.runtime.ports import Store

WORKERS = 6
STEPS = 15


async def _work(store: Store, chance: random.Random, name: str, nums: list[str]) -> int:
    """Add one to orders' counters, as a saga does: load, swap, load again when lost."""
    lost = 0
    for step in range(STEPS):
        num = chance.choice(nums)
        while True:
            row = (await store.load(num)).row
            version, count = (row.version, json.loads(row.state)["n"]) if row else (0, 0)
            for _ in range(chance.randrange(3)):
                await asyncio.sleep(0)
            state = json.dumps({"n": count + 1}).encode()
            done = await store.commit(full(num, version + 1, tag=f"-{name}-{step}", state=state))
            if done.applied:
                break
            lost += 1
    return lost


@pytest.mark.parametrize("seed", range(4))
async def test_no_update_is_lost(open_store: Opener, seed: int) -> None:
    chance = random.Random(seed)
    stores = [await open_store(), await open_store()]
    nums = [f"o{number}" for number in range(3)]
    lost = await asyncio.gather(
        *(
            _work(stores[worker % 2], random.Random(chance.random()), str(worker), nums)
            for worker in range(WORKERS)
        )
    )
    assert sum(lost) > 0, "the workers never met: the test shows nothing"
    total = 0
    for num in nums:
        row = (await stores[0].load(num)).row
        assert row is not None
        count = json.loads(row.state)["n"]
        assert row.version == count
        assert len(await stores[0].timeline(num)) == 2 * count
        assert len(await stores[0].notifications(num)) == count
        total += count
    assert total == WORKERS * STEPS
    assert len(await unsent_ids(stores[0])) == total
