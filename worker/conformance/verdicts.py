"""What an answer says about a channel's endpoint.

Why it exists: the rule of the relay (HTTP 200 and status 200) is applied and put into words
for the channel's developer. It must not send, and repeats nothing that the channel wrote
freely. Source: docs/channel-guide.md; PROTOCOL.md, "What counts as delivered?".
"""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, Literal

from contracts.channel import parse_receipt
from worker.clients.http import Exchange, HttpAnswer
from worker.conformance.shots import Shot
from worker.relay.policy import describe
from worker.translation.delivery import Answered

SLOW_SECONDS: Final = 3.0

Result = Literal["ok", "fault", "advice"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one request showed; ``kind`` is empty where it is as it must be."""

    name: str
    result: Result
    kind: str = ""
    told: str = ""
    seconds: float = 0.0


def judge(shot: Shot, answer: Exchange) -> Verdict:
    """Say whether the endpoint did with this request what it must."""
    kind, told = trouble(answer)
    if shot.expected == "taken":
        return _taken(shot, answer.seconds, kind, told)
    if shot.expected == "refused" and not kind:
        told = f"{shot.told}; it was answered as delivered"
        return Verdict(shot.name, "fault", shot.kind, told, answer.seconds)
    if not isinstance(answer, HttpAnswer) or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        result: Result = "fault" if shot.expected == "answered" else "advice"
        harm = f"{shot.told}; {told}: refuse it in an orderly way"
        return Verdict(shot.name, result, shot.kind or "server_failed", harm, answer.seconds)
    return Verdict(shot.name, "ok", seconds=answer.seconds)


def _taken(shot: Shot, seconds: float, kind: str, told: str) -> Verdict:
    if kind:
        return Verdict(shot.name, "fault", shot.kind or kind, f"{shot.told}; {told}", seconds)
    if seconds > SLOW_SECONDS:
        told = f"it took {seconds:.1f} s: store first, answer, then work"
        return Verdict(shot.name, "advice", "slow", told, seconds)
    return Verdict(shot.name, "ok", seconds=seconds)


def trouble(answer: Exchange) -> tuple[str, str]:
    """Return why an answer does not count as delivered; two empty texts where it does."""
    if not isinstance(answer, HttpAnswer):
        kind = "too_slow" if answer.reason == "timeout" else "no_answer"
        return kind, f"no answer: {answer.reason} after {answer.seconds:.1f} s"
    status = answer.status
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return "redirects", f"HTTP {status}: redirects are not followed"
    if status == HTTPStatus.GONE:
        return "gone", "HTTP 410: it stops all notifications to this URL"
    if status != HTTPStatus.OK:
        return "http_status", f"HTTP {status}: it must be 200"
    return _body_trouble(answer)


def _body_trouble(answer: HttpAnswer) -> tuple[str, str]:
    if not answer.complete:
        return "answer_too_long", "the answer is longer than 2 KiB"
    receipt = parse_receipt(answer.body)
    if receipt is None:
        return "answer_unreadable", "the answer is no JSON object"
    if receipt.status is None:
        return "status_missing", "the answer holds no status"
    if not receipt.delivered:
        told = describe(Answered(answer.status, answer.body, None, answer.seconds))
        return "status", f"{told}: it must be 200"
    return "", ""
