"""Who is logged in to the console."""

from dataclasses import replace

from tests.parity.store.kit import NOW, after
from worker.runtime.ports import Store
from worker.runtime.sessions import Session

ONE = Session("d1", "操作员", "stamp", NOW, NOW)


async def test_a_session_is_kept_until_it_is_ended(store: Store) -> None:
    await store.add_session(ONE)
    assert await store.session("d1") == ONE
    assert await store.session("d2") is None
    await store.end_session("d1")
    await store.end_session("d1")
    assert await store.session("d1") is None


async def test_the_last_use_never_goes_back(store: Store) -> None:
    await store.add_session(ONE)
    await store.touch_session("d1", after(60))
    await store.touch_session("d1", after(30))
    await store.touch_session("d2", after(60))
    assert await store.session("d1") == replace(ONE, seen_at=after(60))


async def test_old_and_idle_sessions_are_forgotten(store: Store) -> None:
    await store.add_session(ONE)
    await store.add_session(replace(ONE, digest="idle", created_at=after(10), seen_at=after(11)))
    await store.add_session(replace(ONE, digest="new", created_at=after(10), seen_at=after(20)))
    await store.end_sessions(created_before=after(10), seen_before=after(20))
    assert await store.session("d1") is None
    assert await store.session("idle") is None
    assert await store.session("new") is not None
