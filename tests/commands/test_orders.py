"""``orders`` on the command line."""

from pathlib import Path

import pytest

from tests.doubles import NOON
from tests.e2e.calling import called
from tests.saga.beginnings import has_tickets
from tests.saga.facts import DEMAND, NUM, V1
from worker.adapters import opened_store
from worker.runtime import snapshot
from worker.runtime.ports import Transition
from worker.runtime.searching import SearchKeys
from worker.settings import load_settings

KEY = "8f1d0c77a2b9e45d3361f0c81e9a7b5246d3af10993ce8b7552f04d8616e0bca"


@pytest.fixture
async def config(tmp_path: Path) -> Path:
    path = tmp_path / "bridge.toml"
    text = f"database_url = 'sqlite:///b.db'\n[privacy]\nencryption_keys = ['{KEY}']\n"
    path.write_text(text, encoding="utf-8")
    order, search = has_tickets().order, SearchKeys([bytes.fromhex(KEY)])
    async with opened_store(load_settings(path, {})) as store:
        row = snapshot.row(order, 1, NOON)
        await store.commit(Transition(row, search=search.new_terms(None, order)))
    return path


@pytest.mark.parametrize(
    ("text", "by"), [(NUM, "order_num"), (V1.code, "voucher"), (DEMAND.take_phone[-5:], "phone")]
)
async def test_an_order_is_searched_for_and_nobody_is_named(
    config: Path, text: str, by: str
) -> None:
    ran = await called(config, "orders", "search", text, "--json")
    assert ran.code == 0
    [line] = ran.lines
    assert next(iter(line)) == "id"
    assert (line["id"], line["found_by"]) == (NUM, by)
    assert DEMAND.take_phone not in ran.out
    assert V1.code not in ran.out
    assert by in (await called(config, "orders", "search", text)).out


async def test_what_is_not_there_is_told_by_the_exit_code(config: Path) -> None:
    ran = await called(config, "orders", "search", "99999")
    assert (ran.code, ran.out, ran.err) == (1, "", "no order is found by this\n")
