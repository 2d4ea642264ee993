"""What people did: added, found, and never changed."""

from dataclasses import replace

import pytest

from tests.doubles import HeldClock
from tests.parity.store.kit import NOW, ODD_STRINGS, Opener, after
from worker.errors import StoreUnavailableError
from worker.runtime.auditing import Audit, AuditEntry, AuditQuery
from worker.runtime.ports import Store


def one(name: str, **changes: object) -> AuditEntry:
    entry = AuditEntry(NOW, "cli:ann", "deadletter.discard", "d1", "sent twice", id=name)
    return replace(entry, **changes)  # type: ignore[arg-type]


async def ids(store: Store, query: AuditQuery) -> list[str]:
    return [entry.id for entry in await store.audit_entries(query)]


async def test_what_was_done_is_read_as_it_was_written(store: Store) -> None:
    entry = await Audit(store, HeldClock(NOW)).record(
        "cli:ann", "deadletter.note", "d1", reason=ODD_STRINGS[0], result=ODD_STRINGS[1]
    )
    assert await store.audit_entries(AuditQuery()) == [entry]
    await store.add_audit(replace(entry, reason="another"))
    assert await store.audit_entries(AuditQuery()) == [entry]
    assert entry.at == NOW


async def test_the_newest_comes_first_page_by_page(store: Store) -> None:
    for number, at in enumerate((1.0, 3.0, 2.0, 2.0)):
        await store.add_audit(one(f"a{number}", at=after(at)))
    first = await store.audit_entries(AuditQuery(limit=2))
    assert [entry.id for entry in first] == ["a1", "a3"]
    assert await ids(store, AuditQuery(before=(first[-1].at, "a3"))) == ["a2", "a0"]


async def test_it_is_searched_by_who_what_whom_and_when(store: Store) -> None:
    await store.add_audit(one("a"))
    await store.add_audit(one("b", actor="console:bob", at=after(1)))
    await store.add_audit(one("c", action="deadlette.x", subject="d2", at=after(2)))
    assert await ids(store, AuditQuery(actor="cli:ann")) == ["c", "a"]
    assert await ids(store, AuditQuery(action="deadletter.discard")) == ["b", "a"]
    assert await ids(store, AuditQuery(action="deadletter")) == ["b", "a"]
    assert await ids(store, AuditQuery(subject="d2")) == ["c"]
    assert await ids(store, AuditQuery(since=after(1))) == ["c", "b"]
    assert await ids(store, AuditQuery(until=after(1))) == ["a"]
    assert await ids(store, AuditQuery(actor="cli:ann", subject="d1")) == ["a"]


@pytest.mark.parametrize("change", ["UPDATE audit SET actor = 'nobody'", "DELETE FROM audit"])
async def test_no_entry_is_ever_changed(open_store: Opener, change: str) -> None:
    store = await open_store()
    await store.add_audit(one("a"))
    run = getattr(store, "_change", None)
    with pytest.raises(StoreUnavailableError):
        await (run(change, ()) if run else store._all(change))  # type: ignore[attr-defined]
    assert await store.audit_entries(AuditQuery()) == [one("a")]
