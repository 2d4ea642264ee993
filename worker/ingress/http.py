"""HTTP as both protocols want it: bounded bodies, one shape for every answer.

Why it exists: what aiohttp would answer by itself (plain text, an HTML error) is no answer
of the protocols. It must not know a business field.
Source: PROTOCOL.md, "HTTP status".
"""

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

import structlog
from aiohttp import ClientError, web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler, Middleware

from contracts.channel import Answer, Code, ProtocolError
from contracts.zzy import NoticeAnswer
from worker.ingress.doors import Door, Incoming, Reply, Whole
from worker.telemetry import alarm

Shape = Callable[[HTTPStatus, Code, str], Reply]

_HTTP_MESSAGES: Final = {
    HTTPStatus.NOT_FOUND: "接口不存在 (no such path)",
    HTTPStatus.METHOD_NOT_ALLOWED: "请求方式不支持 (method not allowed)",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "请求体过大 (body too large)",
}
_log = structlog.get_logger(__name__)


def response(reply: Reply) -> web.Response:
    """Return an answer as aiohttp's applications give it."""
    return web.Response(body=reply.body, status=reply.status, headers=reply.headers)


def channel_shape(status: HTTPStatus, code: Code, message: str) -> Reply:
    """Return a refusal in the channel protocol's shape (响应结果)."""
    return Reply(Answer.refused(code, message).to_bytes(), status)


def zzy_shape(status: HTTPStatus, code: Code, message: str) -> Reply:
    """Return a refusal in ZZY's shape (返回示例)."""
    return Reply(NoticeAnswer.not_taken(int(code), message).to_bytes(), status)


def guarded(path: str, door: Door, shape: Shape, code: Code) -> Door:
    """Return a door that answers with ``code`` where it failed."""

    async def behind(request: Incoming) -> Reply:
        try:
            return await door(request)
        except web.HTTPException:
            raise
        except Exception:  # noqa: BLE001  (the last line: nobody reads a stack trace in an answer)
            return _failed(path, shape, code)

    return behind


def answering(door: Door) -> Handler:
    """Return a door as aiohttp's router wants it."""

    async def handler(request: web.Request) -> web.StreamResponse:
        return response(await door(request))

    return handler


async def read_body(request: Incoming, timeout: float) -> bytes:  # noqa: ASYNC109
    """Return the whole body.

    Raises :class:`ProtocolError` 9001 when it does not arrive whole, and aiohttp's own
    error when it is too large.
    """
    if type(request) is Whole:
        return request.body
    try:
        async with asyncio.timeout(timeout):
            return await request.read()
    except TimeoutError:
        raise ProtocolError(Code.PARAMETER_MISSING, "请求体未到齐 (body too slow)") from None
    except (ConnectionError, ClientError, HttpProcessingError, web.RequestPayloadError):
        raise ProtocolError(Code.PARAMETER_MISSING, "请求体不完整 (body broken)") from None


def shaped_errors(callback_path: str) -> Middleware:
    """Return the middleware that gives every error the protocol's shape.

    ``callback_path`` is ZZY's.
    """

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        shape = zzy_shape if request.path == callback_path else channel_shape
        try:
            return await handler(request)
        except web.HTTPException as error:
            answer = _shaped(error, shape)
        except Exception:  # noqa: BLE001  (as of a door)
            return response(_failed(_known_path(request), shape, Code.CREATE_FAILED))
        _log.warning(
            "request_refused", path=_known_path(request), status=answer.status, peer=request.remote
        )
        return answer

    return middleware


def _failed(path: str, shape: Shape, code: Code) -> Reply:
    _log.exception("request_failed", path=path)
    alarm("request_failed", path=path)
    return shape(HTTPStatus.SERVICE_UNAVAILABLE, code, "")


def _shaped(error: web.HTTPException, shape: Shape) -> web.Response:
    status = HTTPStatus(error.status)
    message = _HTTP_MESSAGES.get(status, status.phrase)
    answer = response(shape(status, Code.PARAMETER_MISSING, message))
    if isinstance(error, web.HTTPMethodNotAllowed):
        answer.headers["Allow"] = ", ".join(sorted(error.allowed_methods))
    if status is HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        answer.force_close()  # what is left of the body is not read
    return answer


def _known_path(request: web.Request) -> str:
    """Return the path if it is one of ours: a stranger's may hold anything."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else ""


async def remove_server_header(_request: web.Request, response: web.StreamResponse) -> None:
    """Tell nobody what we run on."""
    response.headers.popall("Server", None)
