"""A span around each request that means something.

Why it exists: a trace begins where a channel or ZZY is heard. It must not take over a stranger's
trace context, nor say anything that the request brought with it.
"""

from aiohttp import web
from aiohttp.typedefs import Handler

from worker.telemetry import traces


@web.middleware
async def traced(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Open a span for a POST to a path of ours; questions after health have none."""
    resource = request.match_info.route.resource
    if resource is None or request.method != "POST":
        return await handler(request)
    route = resource.canonical
    with traces.request(f"POST {route}", route) as span:
        response = await handler(request)
        span.set(status=response.status)
        return response
