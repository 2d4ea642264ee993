"""HTTP as both protocols want it: bounded bodies, one shape for every answer.

Why it exists: what aiohttp would answer by itself (plain text, an HTML error) is no answer
of the protocols. It must not know a business field.
Source: PROTOCOL.md, "HTTP status".
"""

import asyncio
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Final

import structlog
from aiohttp import ClientError, web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler, Middleware

from contracts.channel import Answer, Code, ProtocolError
from contracts.zzy import NoticeAnswer
from worker.telemetry import alarm

Shape = Callable[[HTTPStatus, Code, str], web.Response]

_CONTENT_TYPE: Final = "application/json; charset=utf-8"
_HTTP_MESSAGES: Final = {
    HTTPStatus.NOT_FOUND: "接口不存在 (no such path)",
    HTTPStatus.METHOD_NOT_ALLOWED: "请求方式不支持 (method not allowed)",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "请求体过大 (body too large)",
}
_log = structlog.get_logger(__name__)


def json_response(body: bytes, status: int = HTTPStatus.OK) -> web.Response:
    """Return a JSON answer."""
    return web.Response(body=body, status=status, headers={"Content-Type": _CONTENT_TYPE})


def channel_shape(status: HTTPStatus, code: Code, message: str) -> web.Response:
    """Return a refusal in the channel protocol's shape (响应结果)."""
    return json_response(Answer.refused(code, message).to_bytes(), status)


def zzy_shape(status: HTTPStatus, code: Code, message: str) -> web.Response:
    """Return a refusal in ZZY's shape (返回示例)."""
    return json_response(NoticeAnswer.not_taken(int(code), message).to_bytes(), status)


async def read_body(request: web.Request, timeout: float) -> bytes:  # noqa: ASYNC109
    """Return the whole body.

    Raises :class:`ProtocolError` 9001 when it does not arrive whole, and aiohttp's own
    error when it is too large.
    """
    try:
        async with asyncio.timeout(timeout):
            return await request.read()
    except TimeoutError:
        raise ProtocolError(Code.PARAMETER_MISSING, "请求体未到齐 (body too slow)") from None
    except (ConnectionError, ClientError, HttpProcessingError, web.RequestPayloadError):
        raise ProtocolError(Code.PARAMETER_MISSING, "请求体不完整 (body broken)") from None


def shaped_errors(failures: Mapping[str, Code], callback_path: str) -> Middleware:
    """Return the middleware that gives every error the protocol's shape.

    ``failures`` is what each path answers when we failed; ``callback_path`` is ZZY's.
    """

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        shape = zzy_shape if request.path == callback_path else channel_shape
        try:
            return await handler(request)
        except web.HTTPException as error:
            answer = _shaped(error, shape)
        except Exception:  # noqa: BLE001  (the last line: nobody reads a stack trace in an answer)
            _log.exception("request_failed", path=_known_path(request))
            alarm("request_failed", path=_known_path(request))
            code = failures.get(request.path, Code.CREATE_FAILED)
            return shape(HTTPStatus.SERVICE_UNAVAILABLE, code, "")
        _log.warning(
            "request_refused", path=_known_path(request), status=answer.status, peer=request.remote
        )
        return answer

    return middleware


def _shaped(error: web.HTTPException, shape: Shape) -> web.Response:
    status = HTTPStatus(error.status)
    answer = shape(status, Code.PARAMETER_MISSING, _HTTP_MESSAGES.get(status, status.phrase))
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
