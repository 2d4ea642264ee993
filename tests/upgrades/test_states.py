"""What released versions stored is there in every kind, and is read whole."""

import json
from typing import Any

import pytest

from tests.upgrades import history, kept
from worker.runtime import snapshot
from worker.runtime.ports import OrderRow

VERSIONS = kept.versions()


def test_every_kept_version_has_its_histories() -> None:
    for version in VERSIONS:
        left = history.histories(version)
        assert len(left) > 30
        ends = {str(row["phase"]) for one in left for row in one.end()["orders"]}
        assert ends >= {"issued", "refused", "cancelled", "refunded"}
        humans = {bool(row["human"]) for one in left for row in one.end()["orders"]}
        assert humans == {True, False}
        tables = {table for one in left for point in one.points() for table in one.at(point)}
        assert tables >= {"outbox", "held_notices", "broker_messages", "notifications"}
        letters = {str(d["kind"]) for o in left for d in o.end().get("dead_letters", ())}
        assert letters >= {"delivery_failed", "notice_quarantined", "notice_stale"}


def _within(old: object, new: object) -> bool:
    """Tell whether ``new`` holds all of ``old``, with fields added at most."""
    if isinstance(old, dict) and isinstance(new, dict):
        return all(key in new and _within(value, new[key]) for key, value in old.items())
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(_within, old, new))
    return old == new


@pytest.mark.parametrize("version", VERSIONS)
def test_every_state_that_was_ever_written_reads_whole(version: str) -> None:
    for one in history.histories(version):
        for entry in one.journal:
            if entry.table == "orders":
                state: Any = entry.row["state"]
                row: Any = OrderRow(*(None,) * 8, state, None, None)  # type: ignore[arg-type]
                order = snapshot.read(row)
                assert order is not None
                old = json.loads(snapshot.opened(state))
                new = json.loads(snapshot.opened(snapshot.write(order)))
                assert _within(old, new), f"{one.story} at {entry.position}"
                if state.startswith(b'{"format":%d,' % snapshot.FORMAT):
                    assert old == new, "a field that a release did not know needs a new format"
