"""Channels that are dead, slow or tired, in virtual time: they delay nobody, and lose nothing."""

from itertools import pairwise

from tests.doubles import DELIVERED
from tests.relay.endpoints import HOUR, QUICK, SHORT, Tired, dead, one, refusing, slow, well
from tests.relay.virtual import Endpoint, VirtualWorld, in_virtual_time
from worker.translation.delivery import Answered, DeliveryResult

SECONDS = 60


def test_three_dead_a_slow_and_a_tired_one_of_twenty_delay_nobody_and_lose_nothing() -> None:
    async def story() -> None:
        ill: dict[str, Endpoint] = {
            "dead0": dead,
            "dead1": dead,
            "dead2": refusing,
            "slow": slow,
            "tired": Tired(),
        }
        world = VirtualWorld({**{f"well{n}": well for n in range(15)}, **ill})
        await world.start()
        for second in range(SECONDS):
            await world.at(second)
            for key in world.endpoints:
                await world.tell(key, f"{key}-{second}")
        await world.at(SECONDS + 10)
        waits = {name: at - world.sent_at[name] for name, at in world.taken.items()}
        healthy = [wait for name, wait in waits.items() if name.startswith("well")]
        assert len(healthy) == 15 * SECONDS
        assert max(healthy) < 0.1
        for key in ("dead0", "dead1", "dead2"):
            spent = sum(world.broker.attempts(key))
            assert spent <= 10 + 3, "ten to find out, and what else was under way"
            assert len(world.posted(key)) <= spent + 7, "and a probe now and then"
        assert sum(world.broker.attempts("tired")) == 0
        for key in ("dead0", "dead1", "dead2", "tired"):
            world.endpoints[key] = well
        await world.at(500)
        assert len(world.taken) == 20 * SECONDS, "it all arrives once they answer"
        assert world.broker.dead == []
        await world.stop()

    in_virtual_time(story)


def test_a_dead_channel_is_probed_ever_more_rarely_and_then_flows_at_once() -> None:
    async def story() -> None:
        world = one(refusing)
        await world.start()
        for number in range(50):
            await world.tell("k", f"n{number}")
        await world.at(HOUR)
        posts = world.posted("k")
        gaps = [later - earlier for earlier, later in pairwise(posts[2:])]
        assert [round(gap) for gap in gaps[:8]] == [5, 10, 20, 40, 80, 160, 300, 300]
        assert all(300 <= gap < 303 for gap in gaps[7:])
        held = len(world.broker.handled) - len(posts)
        assert held < 5, "a probe is one message, not all that wait"
        world.endpoints["k"] = well
        since = world.now
        await world.at(since + 310)
        assert len(world.taken) == 50
        first, last = min(world.taken.values()), max(world.taken.values())
        assert last - first < 3, "one success opens the lane for all"
        await world.stop()

    in_virtual_time(story)


def test_a_replay_probes_at_once() -> None:
    async def story() -> None:
        world = one(refusing)
        await world.start()
        for number in range(4):
            await world.tell("k", f"n{number}")
        await world.at(1_000)
        posts = len(world.posted("k"))
        world.store.set("k", probe_wanted_at=world.clock.now())
        await world.tell("k", "replayed", replay=True)
        await world.at(1_003)
        assert len(world.posted("k")) == posts + 1, "one probe, and no more"
        world.endpoints["k"] = well
        world.store.set("k", probe_wanted_at=world.clock.now())
        await world.at(1_010)
        assert len(world.taken) == 5
        await world.stop()

    in_virtual_time(story)


def test_what_waits_longer_than_all_its_delays_is_buried_while_the_channel_is_dead() -> None:
    async def story() -> None:
        world = VirtualWorld({"k": refusing}, breaker=QUICK, delays=SHORT)
        await world.start()
        for number in range(30):
            await world.tell("k", f"old{number}")
        await world.at(60)
        await world.tell("k", "young")
        await world.at(100)
        assert len(world.broker.dead) == 30
        looked_at = [
            message for message, _ in world.broker.handled if message.message_id == "young"
        ]
        assert len(looked_at) <= 2, "what may still wait does so in its queue"
        kinds = {park.kind for _, park in world.broker.dead}
        assert kinds == {"delivery_failed"}
        waited = [park.reason for _, park in world.broker.dead if "waited" in park.reason]
        assert waited
        assert all("seconds, longer than all retry delays" in reason for reason in waited)
        assert all("HTTP 500" in reason for reason in waited)
        posts = len(world.posted("k"))
        assert posts < 20, "buried, not tried one after the other"
        dead_rows = {one.webhook_id for one in world.store.results if one.status == "dead"}
        assert len(dead_rows) == 30, "and each is on record"
        await world.at(140)
        await world.tell("k", "old1", replay=True)
        await world.at(170)
        last = [message.message_id for message, _ in world.broker.dead[30:]]
        assert last == ["young"], "a replay waits from its own beginning"
        await world.stop()

    in_virtual_time(story)


def test_what_a_channel_refuses_one_by_one_does_not_stop_the_rest() -> None:
    async def story() -> None:
        async def picky(name: str) -> DeliveryResult:
            return DELIVERED if name == "good" else Answered(200, b'{"status":401}', None, 0.01)

        world = VirtualWorld({"k": picky}, breaker=QUICK)
        await world.start()
        for number in range(30):
            await world.tell("k", f"bad{number}")
        await world.at(20)
        await world.tell("k", "good")
        await world.at(21)
        assert "good" in world.taken
        await world.stop()

    in_virtual_time(story)
