"""The console as a role: alone, as one of several, and where its port is taken."""

import errno
from pathlib import Path

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from worker import app
from worker.errors import SettingsError
from worker.roles import Role
from worker.settings import load_settings
from worker.surroundings import Served, Surroundings, serve_on_socket
from worker.telemetry import alarm

ALL = frozenset(Role)
ALONE = frozenset({Role.CONSOLE})
TAKEN = 9180


async def serve(application: web.Application, host: str, port: int) -> Served:
    """Serve as usual, on a machine where another program has the console's port."""
    if port == TAKEN:
        raise OSError(errno.EADDRINUSE, "address already in use")
    return await serve_on_socket(application, host, port)


async def events(folder: Path, console: str, roles: frozenset[Role]) -> list[str]:
    """Run the roles for a moment; return what they logged."""
    file = folder / "bridge.toml"
    file.write_text(f"[ingress]\nport = 0\n[console]\n{console}\n", encoding="utf-8")
    with capture_logs() as logs:
        async with app.running(load_settings(file, {}), roles, Surroundings(serve=serve)):
            pass
    return [str(line["event"]) for line in logs]


@pytest.mark.parametrize("roles", [ALL, ALONE], ids=["all", "alone"])
async def test_zero_takes_a_free_port(tmp_path: Path, roles: frozenset[Role]) -> None:
    assert "console_started" in await events(tmp_path, "port = 0", roles)


async def test_the_usual_port_that_is_taken_stops_nothing_else(tmp_path: Path) -> None:
    said = await events(tmp_path, "", ALL)
    assert "console_left_out" in said
    assert "console_started" not in said


@pytest.mark.parametrize(
    ("console", "roles"), [(f"port = {TAKEN}", ALL), ("", ALONE)], ids=["set", "alone"]
)
async def test_a_port_that_was_asked_for_must_be_had(
    tmp_path: Path, console: str, roles: frozenset[Role]
) -> None:
    with pytest.raises(SettingsError, match=rf"console: cannot listen on 127\.0\.0\.1:{TAKEN}"):
        await events(tmp_path, console, roles)


async def test_it_can_be_kept_out_of_a_run_with_all_roles(tmp_path: Path) -> None:
    said = await events(tmp_path, "enabled = false", ALL)
    assert not {"console_started", "console_left_out"} & set(said)
    said = await events(tmp_path, "enabled = false\nport = 0", ALONE)
    assert "console_started" in said


@pytest.mark.parametrize(
    ("roles", "only_logged"),
    [(frozenset({Role.INGRESS}), True), (ALONE, False), (frozenset({Role.RELAY}), False)],
    ids=["ingress", "console", "relay"],
)
async def test_alarms_are_kept_where_there_is_a_database(
    tmp_path: Path, roles: frozenset[Role], *, only_logged: bool
) -> None:
    said = await events(tmp_path, "port = 0", roles)
    assert ("alarms_only_logged" in said) is only_logged


async def test_a_console_alone_keeps_its_alarms(tmp_path: Path) -> None:
    file = tmp_path / "bridge.toml"
    file.write_text("[console]\nport = 0\n", encoding="utf-8")
    settings = load_settings(file, {})
    async with app.running(settings, ALONE):
        alarm("test", text="of a console")
    async with app.opened_store(settings) as store:
        assert [one.text for one in await store.alarms()] == [
            "a test: nothing is wrong: of a console"
        ]
