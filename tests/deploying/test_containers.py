"""The services of docker-compose.yml together, each with its own login, on real servers."""

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pika
import pytest
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import ChannelClosedByBroker

from contracts import queues
from contracts.channel import order_num
from tests.deploying.containers import Engine, Service, healthy, secrets_in
from tests.e2e.notices import TICKET, envelope, post, signed, tickets
from tests.e2e.world import Party, until
from tests.queue.talk import ask, channel, order
from tests.queue.talk import envelope as command
from tests.servers import RabbitServer
from tests.servers.rabbit import control
from worker import app
from worker.settings import load_settings
from worker.simulators.channel import ChannelSimulator, Credentials
from worker.simulators.zzy import ZzySimulator
from worker.simulators.zzy_api import Account

ROLES = ("saga", "ingress", "relay", "console")
ACCESS_REFUSED = 403
pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(300), pytest.mark.servers]


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return secrets_in(tmp_path_factory.mktemp("containers"))


@pytest.fixture(scope="module")
def rabbit(secrets: Path) -> Iterator[RabbitServer]:
    """A RabbitMQ that knows the logins of the definitions and, like theirs, no other."""
    server = RabbitServer()
    server.start()
    control(server.folder, "import_definitions", str(secrets / "rabbitmq_definitions.json"))
    control(server.folder, "delete_user", "guest")
    yield server
    server.discard()


@dataclass
class Town:
    """The services, and who speaks with them."""

    services: dict[str, Service]
    zzy: ZzySimulator
    party: Party
    logins: Callable[[str], str]


@pytest.fixture
async def town(
    tmp_path: Path, secrets: Path, rabbit: RabbitServer, postgres_url: str
) -> AsyncIterator[Town]:
    key = (secrets / "zzy_sign_key").read_text().strip()
    secret = (secrets / "channel_demo").read_text().strip()
    zzy = ZzySimulator(Account(partner_id=9258, sign_key=key))
    simulator = ChannelSimulator(Credentials("demo", (secret,)))
    async with AsyncExitStack() as stack:
        for one in (zzy, simulator):
            await one.start()
            stack.push_async_callback(one.stop)
        database = (secrets / "database_url").read_text().strip()
        hosts = {
            "rabbitmq:5672": f"127.0.0.1:{rabbit.port}",
            database: postgres_url,
            "http://zzy:9101": zzy.url,
            "http://channel:9102": simulator.url,
        }
        engine = Engine(tmp_path, secrets, hosts)
        assert await engine.service("migrate").finished() == 0
        services = {}
        for role in ROLES:
            services[role] = engine.service(role)
            stack.push_async_callback(services[role].close)
            await services[role].start()
        zzy.notify(services["ingress"].url + "/zzy/notify")
        party = Party(simulator, services["ingress"].url)
        stack.push_async_callback(party.driver.close)

        def logins(name: str) -> str:
            password = (secrets / f"rabbitmq_password_{name}").read_text().strip()
            return f"amqp://{name}:{password}@127.0.0.1:{rabbit.port}/bridge"

        yield Town(services, zzy, party, logins)


async def test_each_service_has_what_it_needs_and_no_more(town: Town) -> None:
    await an_order_goes_through(town)
    for service in town.services.values():
        assert healthy(service) == 0
    assert "database_url" not in {p.name for p in town.services["ingress"].config.parent.iterdir()}
    assert not (town.services["ingress"].place / "secrets" / "database_url").exists()
    await an_upstream_speaks_for_its_channel_alone(town)
    for role, told in RIGHTS.items():
        await doctor_says(town.services[role], told)
    await a_stale_notice_is_kept_and_replayed_by_the_console(town)
    for login, tries in REFUSED.items():
        for what, attempt in tries.items():
            with channel(town.logins(login)) as opened, pytest.raises(ChannelClosedByBroker) as no:
                attempt(opened)
            assert no.value.reply_code == ACCESS_REFUSED, (login, what)


RIGHTS = {
    "saga": "may declare, publish and consume",
    "ingress": "may write to ticketbridge.in alone: an ingress's",
    "relay": "may write to queues and declares none: a relay's, or a console's",
    "console": "may write to queues and declares none",
}


async def doctor_says(service: Service, told: str) -> None:
    """Look from within a service: nothing is broken, and its login is what it should be."""
    words = [service.command[0], "doctor", "--json", "--config", str(service.config)]
    ran = await asyncio.to_thread(
        subprocess.run, words, env=service.whole, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout
    found = {line["id"]: line for line in map(json.loads, ran.stdout.splitlines())}
    assert told in found["broker permissions"]["detail"]
    assert found["broker topology"]["state"] == "ok"
    named = "none is named" in found["database"]["detail"]
    assert named is (service.place.name == "ingress"), found["database"]


async def an_order_goes_through(town: Town) -> None:
    """With a delivery that is refused at first, so that the relay puts it into a delay."""
    town.party.simulator.lots.force("http_500")
    assert (await town.party.order("first")).code == "1000"
    await town.party.told("voucher", "first", seconds=30)
    assert [d.problem for d in town.party.simulator.deliveries] == ["http_500", ""]
    assert len(town.zzy.ledger.paid_orders()) == 1


async def an_upstream_speaks_for_its_channel_alone(town: Town) -> None:
    erp = town.logins("erp")
    where = (queues.COMMANDS_EXCHANGE, "order.create.v1")
    taken = await ask(erp, where, command(order("by-erp", "demo", reply_on="paid")), "erp")
    assert taken["code"] == "1000", taken
    refused = await ask(erp, where, command(order("foreign", "other")), "erp")
    assert refused["code"] != "1000"
    assert town.zzy.ledger.by_origin(order_num("other", "foreign")) == []
    kinds = await until(lambda: letters(town, "user_not_allowed"))
    assert len(kinds) == 1


async def letters(town: Town, kind: str) -> list[str]:
    """Return the open dead letters of a kind."""
    saga = town.services["saga"]
    async with app.opened_store(load_settings(saga.config, saga.environment)) as store:
        return [letter.id for letter in await store.dead_letters() if letter.kind == kind]


async def a_stale_notice_is_kept_and_replayed_by_the_console(town: Town) -> None:
    key = town.zzy.account.sign_key
    headers = signed(key=key, age_seconds=3_600)
    body = envelope(TICKET, tickets(order_num("demo", "first"), 1, "x"))
    assert not (await post(town.services["ingress"].url, body, headers)).taken
    (letter,) = await until(lambda: letters(town, "notice_stale"))
    console = town.services["console"]
    words = [console.command[0], "deadletters", "replay", letter, "--config", str(console.config)]
    ran = await asyncio.to_thread(
        subprocess.run, words, env=console.whole, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr


def publish(exchange: str, key: str) -> Callable[[BlockingChannel], Any]:
    return lambda opened: opened.basic_publish(exchange, key, b"{}", pika.BasicProperties())


def consume(queue: str) -> Callable[[BlockingChannel], Any]:
    return lambda opened: opened.basic_get(queue)


RELAY = queues.relay_queue("demo")
REFUSED: dict[str, dict[str, Callable[[BlockingChannel], Any]]] = {
    "ingress": {
        "read orders": consume(queues.ORDERS),
        "read notifications": consume(RELAY),
        "write past its exchange": publish("", RELAY),
        "write commands as others do": publish(queues.COMMANDS_EXCHANGE, "order.create.v1"),
        "delay": publish(queues.delay_queue("1s"), queues.ORDERS),
        "declare": lambda opened: opened.queue_declare("ticketbridge.mine"),
        "delete": lambda opened: opened.queue_delete(queues.ORDERS),
        "events": publish(queues.EVENTS_EXCHANGE, "order.paid.demo"),
    },
    "relay": {
        "read orders": consume(queues.ORDERS),
        "read notices": consume(queues.NOTICES),
        "delete": lambda opened: opened.queue_delete(RELAY),
        "events": publish(queues.EVENTS_EXCHANGE, "order.paid.demo"),
    },
    "console": {
        "read orders": consume(queues.ORDERS),
        "read notifications": consume(RELAY),
        "declare": lambda opened: opened.queue_declare("ticketbridge.mine"),
    },
    "erp": {
        "write to a queue": publish("", queues.ORDERS),
        "write as the ingress": publish(queues.INGRESS_EXCHANGE, queues.NOTICES),
        "another type": publish(queues.COMMANDS_EXCHANGE, "stock.move.v1"),
        "read orders": consume(queues.ORDERS),
    },
}


def test_the_logins_are_those_of_the_secrets(secrets: Path) -> None:
    for role in ROLES:
        url = urlsplit((secrets / f"broker_url_{role}").read_text().strip())
        assert (url.username, url.path) == (role, "/bridge")
