"""How a simulator misbehaves on the wire: cut, hang, break.

Why it exists: both simulators do the same mischief to an aiohttp request. It must not
decide when.
"""

import asyncio

from aiohttp import web

JSON = "application/json"


def cut(request: web.Request) -> web.Response:
    """Cut the connection; what is returned reaches nobody."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


async def cut_in_the_middle(request: web.Request, payload: bytes) -> web.StreamResponse:
    """Send half of an answer, then cut the connection."""
    response = web.StreamResponse(headers={"Content-Type": JSON})
    response.content_length = len(payload)
    await response.prepare(request)
    await response.write(payload[: len(payload) // 2])
    cut(request)
    return response


async def hang(request: web.Request, stopping: asyncio.Event, seconds: float) -> web.Response:
    """Say nothing for ``seconds``, or until the simulator stops, then cut the connection."""
    try:
        await asyncio.wait_for(stopping.wait(), seconds)
    except TimeoutError:
        return cut(request)
    return cut(request)
