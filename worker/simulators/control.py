"""The control endpoints under ``/_control/`` that both simulators share.

Why it exists: faults are read and set, and facts fetched, while a simulator runs, by a
person with curl or by a test in another process. It must not know a protocol.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from aiohttp import web
from pydantic import ValidationError

from worker.simulators.faults import Faults, Lots
from worker.simulators.records import RefusalError

F = TypeVar("F", bound=Faults)
Action = Callable[[Mapping[str, Any]], object]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

PREFIX = "/_control/"


def fault_routes(lots: Lots[F]) -> list[web.RouteDef]:
    """GET and PUT ``faults`` (any subset of the fields), POST ``force``, GET ``seen``."""

    async def read(_request: web.Request) -> web.Response:
        return web.json_response(lots.faults.model_dump())

    async def change(request: web.Request) -> web.Response:
        try:
            lots.change(**await _object(request))
        except ValidationError as error:
            return _refused(error.json(include_url=False))
        return web.json_response(lots.faults.model_dump())

    async def seen(_request: web.Request) -> web.Response:
        return web.json_response(dict(lots.seen))

    def force(given: Mapping[str, Any]) -> None:
        lots.force(given["fault"], at=given.get("at", ""), times=int(given.get("times", 1)))

    return [
        web.get(PREFIX + "faults", read),
        web.put(PREFIX + "faults", change),
        web.get(PREFIX + "seen", seen),
        web.post(PREFIX + "force", _acting(force)),
    ]


def fact_routes(facts: Mapping[str, Callable[[], object]]) -> list[web.RouteDef]:
    """Return a GET for each fact, answered as JSON."""

    def reading(fact: Callable[[], object]) -> Handler:
        async def handle(_request: web.Request) -> web.Response:
            return web.json_response(fact(), dumps=_dumps)

        return handle

    return [web.get(PREFIX + name, reading(fact)) for name, fact in facts.items()]


def action_routes(actions: Mapping[str, Action]) -> list[web.RouteDef]:
    """Return a POST for each action, which gets the JSON object of the body."""
    return [web.post(PREFIX + name, _acting(action)) for name, action in actions.items()]


def _acting(action: Action) -> Handler:
    async def handle(request: web.Request) -> web.Response:
        try:
            result = action(await _object(request))
            if isinstance(result, Awaitable):
                result = await result
        except KeyError as error:
            return _refused(f"missing: {error.args[0]}")
        except (RefusalError, ValueError, TypeError) as error:
            return _refused(str(error))
        return web.json_response({"result": result}, dumps=_dumps)

    return handle


async def _object(request: web.Request) -> dict[str, Any]:
    body = json.loads(await request.read() or b"{}")
    if not isinstance(body, dict):
        raise TypeError("a JSON object is wanted")
    return body


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _refused(why: str) -> web.Response:
    return web.json_response({"error": why}, status=400, dumps=_dumps)
