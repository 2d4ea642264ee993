"""``doctor``: what it finds, its exit code, and what it never shows."""

import socket
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import aio_pika
import pytest
from yarl import URL

from tests.e2e.calling import Ran, called
from tests.servers.shared import Shared
from tests.servers.users import User
from worker.broker.rabbitmq import RabbitBroker
from worker.commands.checkup import storage
from worker.simulators.zzy import ZzySimulator
from worker.simulators.zzy_api import Account

STRONG, STRONGER = "0123456789abcdef-one", "0123456789abcdef-two"


@pytest.fixture
async def zzy() -> AsyncIterator[ZzySimulator]:
    simulator = ZzySimulator(Account(sign_key=STRONG))
    await simulator.start()
    yield simulator
    await simulator.stop()


@pytest.fixture
def zzy_port(zzy: ZzySimulator) -> int:
    """Where a ZZY answers."""
    return URL(zzy.url).port or 0


async def doctor(folder: Path, text: str, *more: str) -> Ran:
    config = folder / "bridge.toml"
    config.write_text(text, encoding="utf-8")
    return await called(config, "doctor", *more)


def settings(port: int, *, first: str = "", more: str = "") -> str:
    return f"""
{first}
[zzy]
base_url = "http://127.0.0.1:{port}"
sign_key = "{STRONG}"
[[channels]]
app_key = "k"
app_secrets = ["{STRONGER}"]
notify_url = "http://127.0.0.1/"
{more}
"""


def states(ran: Ran) -> dict[str, str]:
    """Return the worst state of each check."""
    found: dict[str, str] = {}
    for line in ran.lines:
        assert list(line) == ["id", "state", "detail", "do"]
        assert line["do"] or line["state"] == "ok", "it says what is wrong and not what to do"
        states = ("ok", "warning", "broken")
        found[line["id"]] = max(found.get(line["id"], "ok"), line["state"], key=states.index)
    return found


async def test_a_healthy_place_is_ok(tmp_path: Path, zzy_port: int) -> None:
    text = settings(zzy_port, more="[relay]\nallow_private_addresses = true\n")
    ran = await doctor(tmp_path, text, "--json")
    assert ran.code == 0, ran.out
    assert states(ran) == {
        "configuration": "warning",  # nothing is sealed
        "clock": "ok",
        "database": "ok",
        "disk": "ok",
        "broker": "ok",
        "zzy": "ok",
        "channel k": "ok",
        "console": "warning",  # nobody can log in
        "alarms": "warning",  # nobody is told
    }
    assert not (tmp_path / "var").exists(), "it only looks"


async def test_a_table_for_people(tmp_path: Path, zzy_port: int) -> None:
    ran = await doctor(tmp_path, settings(zzy_port))
    assert ran.code == 0
    assert "privacy.encryption_keys is empty" in ran.out
    assert "no public address" in ran.out


async def test_weak_secrets_are_named_and_never_shown(
    tmp_path: Path, zzy: ZzySimulator, zzy_port: int
) -> None:
    zzy.api._account = Account(sign_key="tiny-777")
    text = settings(zzy_port).replace(STRONG, "tiny-777").replace(STRONGER, "s3cret")
    ran = await doctor(tmp_path, text, "--json")
    assert ran.code == 0, "a weakness is warned about, never refused"
    details = " ".join(line["detail"] for line in ran.lines)
    assert "zzy.sign_key is weak: shorter than 16 characters" in details
    assert "channel k: app_secrets number 1 is weak: it is a well-known example" in details
    assert "tiny-777" not in ran.out + ran.err
    assert "s3cret" not in ran.out + ran.err


async def test_a_zzy_that_cannot_be_reached_is_broken(tmp_path: Path, zzy_port: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = int(server.getsockname()[1])
    ran = await doctor(tmp_path, settings(port), "--json")
    assert (ran.code, states(ran)["zzy"]) == (1, "broken")
    unknown = settings(zzy_port).replace("http://127.0.0.1:", "http://zzy.invalid:")
    ran = await doctor(tmp_path, unknown, "--json")
    assert (ran.code, states(ran)["zzy"]) == (1, "broken")


async def test_a_database_of_another_revision(tmp_path: Path, zzy_port: int) -> None:
    file = tmp_path / "var" / "bridge.db"
    file.parent.mkdir()
    for revision, state, code in (("0001", "broken", 1), ("9999", "warning", 0)):
        with sqlite3.connect(file) as connection:
            connection.execute("DROP TABLE IF EXISTS alembic_version")
            connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
            connection.execute("INSERT INTO alembic_version VALUES (?)", (revision,))
        connection.close()
        ran = await doctor(tmp_path, settings(zzy_port), "--json")
        assert (states(ran)["database"], ran.code) == (state, code)
    file.write_bytes(b"no database " * 100)
    ran = await doctor(tmp_path, settings(zzy_port), "--json")
    assert (states(ran)["database"], ran.code) == ("broken", 1)


async def test_a_configuration_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    ran = await doctor(tmp_path, "[zzy]\nsing_key = 'secret-777'\n")
    assert (ran.code, ran.out) == (1, "")
    assert "did you mean sign_key?" in ran.err
    assert "secret-777" not in ran.err


async def detail(folder: Path, text: str, check: str) -> tuple[int, str]:
    """Return the exit code, and what is said and advised about one check, worst first."""
    ran = await doctor(folder, text, "--json")
    lines = [line for line in ran.lines if line["id"] == check]
    return ran.code, " ".join(f"{line['state']}: {line['detail']}; {line['do']}" for line in lines)


async def test_a_signed_call_is_made(tmp_path: Path, zzy: ZzySimulator, zzy_port: int) -> None:
    code, told = await detail(tmp_path, settings(zzy_port), "zzy")
    assert (code, "takes our signature" in told) == (0, True)
    assert zzy.api.calls == {"products": 1}, "it only reads"
    wrong = settings(zzy_port).replace(STRONG, "another-key-of-ours-777")
    for refusal in ("http", "message"):
        zzy.lots.change(signature_refusal=refusal)
        code, told = await detail(tmp_path, wrong, "zzy")
        assert (code, "refuses our signature" in told) == (1, True), told
        assert "sign_key" in told
        assert "another-key-of-ours-777" not in told
    zzy.lots.change(error_before=1.0)
    code, told = await detail(tmp_path, settings(zzy_port), "zzy")
    assert (code, "did not answer a signed call (http_500)" in told) == (1, True), told


async def test_a_full_disk(tmp_path: Path, zzy_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for limit, state, exit_code in (("SCARCE", "warning", 0), ("FULL", "broken", 1)):
        monkeypatch.setattr(storage, limit, 2**80)
        code, told = await detail(tmp_path, settings(zzy_port), "disk")
        assert (code, told.partition(":")[0]) == (exit_code, state)


async def test_who_can_log_in(tmp_path: Path, zzy_port: int) -> None:
    user = '[[console.users]]\nname = "ann"\nrole = "{}"\npassword_hash = "$argon2id$x"\n'
    for role, state in (("operator", "warning"), ("admin", "ok")):
        _, told = await detail(tmp_path, settings(zzy_port, more=user.format(role)), "console")
        assert told.startswith(f"{state}:")
    off = settings(zzy_port, more="[console]\nenabled = false\n")
    assert (await detail(tmp_path, off, "console"))[1] == ""


async def test_who_is_told_of_alarms(tmp_path: Path, zzy: ZzySimulator, zzy_port: int) -> None:
    robot = '[[alarms.robots]]\nname = "ops"\nformat = "json"\nwebhook_url = "{}/secret-777"\n'
    for address, state, told in (
        (zzy.url, "ok", "robot ops: 127.0.0.1"),
        ("http://robot.invalid", "warning", "cannot be resolved"),
    ):
        text = settings(zzy_port, more=robot.format(address))
        code, said = await detail(tmp_path, text, "alarms")
        assert (code, said.startswith(f"{state}:"), told in said) == (0, True, True), said
        assert "secret-777" not in said


async def test_an_address_that_nobody_knows(tmp_path: Path, zzy_port: int) -> None:
    text = settings(zzy_port).replace("http://127.0.0.1/", "http://nobody.invalid/")
    code, told = await detail(tmp_path, text, "channel k")
    assert (code, "cannot be resolved; correct its notify_url" in told) == (0, True)


@pytest.mark.servers
async def test_on_servers(tmp_path: Path, zzy_port: int, postgres_url: str, amqp_url: str) -> None:
    both = f'database_url = "{postgres_url}"\nbroker_url = "{amqp_url}"'
    ran = await doctor(tmp_path, settings(zzy_port, first=both), "--json")
    assert (ran.code, states(ran)["database"], states(ran)["broker"]) == (0, "ok", "ok")
    assert (await called(tmp_path / "bridge.toml", "migrate")).code == 0
    ran = await doctor(tmp_path, settings(zzy_port, first=both), "--json")
    assert "at revision" in next(li["detail"] for li in ran.lines if li["id"] == "database")


@pytest.mark.servers
async def test_a_login_that_is_refused(tmp_path: Path, zzy_port: int, servers: Shared) -> None:
    host = servers.amqp_url.rpartition("@")[2]
    wrong = f'broker_url = "amqp://nobody:hunter-777-hunter@{host}"'
    ran = await doctor(tmp_path, settings(zzy_port, first=wrong), "--json")
    assert (ran.code, states(ran)["broker"]) == (1, "broken")
    assert "hunter-777" not in ran.out + ran.err


# --- RabbitMQ, one thing broken at a time ---------------------------------------------------


def on_rabbit(port: int, amqp_url: str) -> str:
    return settings(port, first=f'broker_url = "{amqp_url}"')


@pytest.mark.servers
async def test_the_queues(tmp_path: Path, zzy_port: int, amqp_url: str) -> None:
    text = on_rabbit(zzy_port, amqp_url)
    code, told = await detail(tmp_path, text, "broker")
    assert (code, told.startswith("ok: RabbitMQ 3.")) == (0, True), told
    assert "no queues yet" in (await detail(tmp_path, text, "broker topology"))[1]
    broker = RabbitBroker(amqp_url, ["k"])
    await broker.start()
    await broker.close()
    assert "queues, as they should be" in (await detail(tmp_path, text, "broker topology"))[1]
    _, idle = await detail(tmp_path, text, "broker consumers")
    assert "nobody consumes: ticketbridge.dead, ticketbridge.orders" in idle
    connection = await aio_pika.connect(amqp_url)
    async with connection, connection.channel() as channel:
        await channel.queue_delete("ticketbridge.orders")
        code, told = await detail(tmp_path, text, "broker topology")
        assert (code, "missing: ticketbridge.orders" in told) == (0, True), told
        await channel.declare_queue("ticketbridge.orders", durable=True)
    code, told = await detail(tmp_path, text, "broker topology")
    assert (code, "ticketbridge.orders was made otherwise" in told) == (1, True), told


@pytest.mark.servers
async def test_a_login_without_rights(
    tmp_path: Path, zzy_port: int, servers: Shared, amqp_url: str
) -> None:
    mute = User("mute-doctor", configure=".*", read=".*")
    bound = User("bound-doctor", write=".*", read=".*")
    servers.let_in(amqp_url, [mute, bound])
    for user in (mute, bound):
        text = on_rabbit(zzy_port, user.url(amqp_url))
        code, told = await detail(tmp_path, text, "broker permissions")
        assert (code, told.startswith("broken:"), "set_permissions" in told) == (1, True, True)


@pytest.mark.servers
async def test_a_database_that_takes_no_writes(
    tmp_path: Path, zzy_port: int, postgres_url: str
) -> None:
    read_only = f"{postgres_url}?options=-c%20default_transaction_read_only%3Don"
    text = settings(zzy_port, first=f'database_url = "{read_only}"')
    code, told = await detail(tmp_path, text, "database")
    assert (code, "takes no writes" in told) == (1, True), told
