"""What is known of the channels: the same over both databases."""

from dataclasses import replace

from tests.parity.store.kit import NOW, ODD_STRINGS, Opener, after
from worker.runtime.controlling import ChannelControl, ChannelReport
from worker.runtime.ports import Store

REPORT = ChannelReport(
    "k", after(1), "open", after(0.5), "HTTP 503", "Service Unavailable", 1_234, after(-60)
)


async def test_nothing_is_known_at_first(store: Store) -> None:
    assert await store.channel_controls() == []


async def test_a_pause_lasts_until_it_is_resumed_and_is_seen_elsewhere(open_store: Opener) -> None:
    first, second = await open_store(), await open_store()
    for reason in ODD_STRINGS:
        await first.pause_channel("k", reason, after(1))
        paused = ChannelControl("k", after(1), reason)
        assert await second.channel_controls() == [paused]
    await second.resume_channel("k", after(2))
    assert await first.channel_controls() == [ChannelControl("k", probe_wanted_at=after(2))]


async def test_what_people_and_relays_say_does_not_touch_each_other(store: Store) -> None:
    await store.report_channels([REPORT])
    await store.limit_channel("k", 0.25)
    await store.want_probe("k", after(3))
    await store.pause_channel("k", "why", NOW)
    whole = ChannelControl("k", NOW, "why", 0.25, after(3), report=REPORT)
    assert await store.channel_controls() == [whole]
    later = replace(REPORT, reported_at=after(9), breaker="closed", oldest_at=None)
    await store.report_channels([later])
    assert await store.channel_controls() == [replace(whole, report=later)]
    await store.limit_channel("k", None)
    assert await store.channel_controls() == [replace(whole, rate=None, report=later)]
    await store.resume_channel("k", after(4))
    resumed = ChannelControl("k", probe_wanted_at=after(4), report=later)
    assert await store.channel_controls() == [resumed]


async def test_an_earlier_report_never_replaces_a_later_one(store: Store) -> None:
    first = ChannelReport("k", after(5), "closed")
    await store.report_channels([])
    await store.report_channels([first, replace(first, app_key="b")])
    await store.report_channels([replace(first, reported_at=after(4), breaker="open")])
    found = await store.channel_controls()
    assert [(one.app_key, one.report and one.report.breaker) for one in found] == [
        ("b", "closed"),
        ("k", "closed"),
    ]


async def test_a_url_is_gone_for_every_process_until_it_is_served_again(open_store: Opener) -> None:
    first, second = await open_store(), await open_store()
    for _ in range(2):
        await first.keep_gone("k", "one", NOW)
    await first.keep_gone("k", "two", NOW)
    await first.keep_gone("other", "one", NOW)
    assert await second.channel_controls() == [
        ChannelControl("k", gone=frozenset({"one", "two"})),
        ChannelControl("other", gone=frozenset({"one"})),
    ]
    await second.forget_gone("k", "one")
    await second.forget_gone("k", "never")
    assert [one.gone for one in await first.channel_controls()] == [{"two"}, {"one"}]
    await second.resume_channel("k", NOW)
    assert [one.gone for one in await first.channel_controls()] == [set(), {"one"}]


async def test_a_rate_comes_back_exactly(store: Store) -> None:
    for rate in (0.0, 0.1, 1 / 3, 1e6):
        await store.limit_channel("k", rate)
        assert [one.rate for one in await store.channel_controls()] == [rate]
