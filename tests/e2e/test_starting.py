"""A worker says that it is ready once all its roles are there, not when its port is open."""

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.e2e.bridge import Place
from worker import app
from worker.roles import Role
from worker.settings import load_settings

Start = Callable[..., Coroutine[Any, Any, None]]


async def ready(place: Place) -> tuple[int, list[str]]:
    async with aiohttp.ClientSession() as session, session.get(place.url + "/readyz") as answer:
        return answer.status, (await answer.json())["problems"]


async def test_a_worker_whose_relay_is_still_to_start_is_not_ready(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Place(tmp_path, zzy_url="http://127.0.0.1:9", channel_url="http://127.0.0.1:9/notify")
    place.write()
    said: list[tuple[int, list[str]]] = []
    start: Start = app._start_relay

    async def asked_first(*parts: object) -> None:
        said.append(await ready(place))
        await start(*parts)

    monkeypatch.setattr(app, "_start_relay", asked_first)
    settings = load_settings(place.config, {"TICKETBRIDGE_CONSOLE__ENABLED": "false"})
    async with app.running(settings, frozenset(Role)):
        said.append(await ready(place))
    assert said == [(503, ["starting: not all roles are there yet"]), (200, [])]
