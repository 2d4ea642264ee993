"""Tries a channel's endpoint out, request by request.

Why it exists: what a receiver does wrong shows at its door long before it costs a voucher.
It must not know settings; the guard against private addresses is in the client it is given.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Final

from yarl import URL

from worker.clients.http import Exchange, HttpRequest, NotSent
from worker.clock import Clock
from worker.conformance.shots import Shots
from worker.conformance.verdicts import Verdict, judge, trouble
from worker.relay.target import ChannelTarget

Exchanging = Callable[[HttpRequest], Awaitable[Exchange]]
UNREACHABLE: Final = "unreachable"
LOCAL: Final = {"127.0.0.1", "::1", "localhost"}


async def trial(
    exchange: Exchanging, target: ChannelTarget, clock: Clock, run: str
) -> AsyncIterator[Verdict]:
    """Yield what each request shows; a channel that cannot be reached ends it at once."""
    believed = False
    for shot in Shots(target, run).all():
        url = target.url(shot.type)
        if not url:
            told = f"no URL is set for {shot.type}: it is not sent"
            yield Verdict(shot.name, "ok", told=told)
            continue
        request = shot.make(clock.now())
        headers = {**request.headers, "Accept-Encoding": "identity"}
        body = request.body if shot.method == "POST" else None
        answer = await exchange(HttpRequest(shot.method, URL(url), headers, body))
        if isinstance(answer, NotSent) and not believed:
            yield Verdict(shot.name, "fault", UNREACHABLE, answer.reason, answer.seconds)
            return
        believed = believed or not trouble(answer)[0]
        verdict = judge(shot, answer)
        if verdict.result == "ok" and shot.expected == "refused" and not believed:
            told = "refused, which shows nothing: what is genuine was refused too"
            verdict = replace(verdict, result="advice", kind="shows_nothing", told=told)
        yield verdict
    for url in sorted({target.url(kind) for kind in ("check", "voucher", "refund")} - {""}):
        if URL(url).scheme == "http" and URL(url).host not in LOCAL:
            told = "http:// sends names and vouchers in the clear: use https://"
            yield Verdict("https", "advice", "not_encrypted", told)
            return
