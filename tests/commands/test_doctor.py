"""``doctor``: what it finds, its exit code, and what it never shows."""

import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.calling import Ran, called
from tests.servers.shared import Shared

STRONG, STRONGER = "0123456789abcdef-one", "0123456789abcdef-two"


@pytest.fixture
def zzy_port() -> Iterator[int]:
    """A port that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield int(server.getsockname()[1])


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
        assert list(line) == ["id", "state", "detail"]
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
        "broker": "ok",
        "zzy": "ok",
        "channel k": "ok",
    }
    assert not (tmp_path / "var").exists(), "it only looks"


async def test_a_table_for_people(tmp_path: Path, zzy_port: int) -> None:
    ran = await doctor(tmp_path, settings(zzy_port))
    assert ran.code == 0
    assert "privacy.encryption_keys is empty" in ran.out
    assert "no public address" in ran.out


async def test_weak_secrets_are_named_and_never_shown(tmp_path: Path, zzy_port: int) -> None:
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
    unknown = settings(zzy_port).replace("127.0.0.1:", "zzy.invalid:")
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
