"""The door for ZZY's notices (通知): verify, keep, and only then say 收到通知.

Why it exists: a notice that is acknowledged and lost is gone for ever, and one that is
signed but strange may still be true: nothing signed may vanish. It must not decide what a
notice means. Sources: zzy.txt 鉴权说明 and 2.分销商提供回调接口; PROTOCOL.md, "Acknowledge".
"""

import hashlib
import uuid
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import ip_address
from typing import Final

import structlog

from contracts import headers, queues
from contracts.channel import Code, ProtocolError
from contracts.envelope import wrap
from contracts.events import NoticeReceived
from contracts.signatures import verify_zzy, within_window
from contracts.zzy import NoticeAnswer, NoticeEnvelope, parse_notice
from worker.clock import Clock
from worker.ingress.config import IngressConfig
from worker.ingress.doors import Incoming, Reply
from worker.ingress.http import read_body
from worker.ingress.sending import Sender, Sent
from worker.runtime.kept import Kept
from worker.runtime.ports import Message
from worker.runtime.verdict import Verdict
from worker.telemetry import alarm
from worker.telemetry.metrics import INGRESS_REQUESTS, of

_MAX_TIMESTAMP_DIGITS: Final = 19
_USED: Final = "签名已用于其他内容，请重新签名后发送 (signature used for another body: sign anew)"
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Signed:
    """What the headers of a truly signed notice say."""

    partner_id: str
    timestamp_ms: int
    digest: str
    """Of the Authorization value; the value itself goes nowhere."""


class _StrangeError(Exception):
    """Signed, but not to be taken: ``kind`` to group by, and the answer's code.

    ``order``: ZZY's number of the order that it is about, where that can be read.
    """

    def __init__(self, kind: str, reason: str, code: Code, order: str = "") -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason
        self.code = code
        self.order = order


class ZzyWebhook:
    """POST /zzy/notify."""

    def __init__(self, config: IngressConfig, sender: Sender, clock: Clock) -> None:
        """Take what it verifies with and sends through."""
        self._config = config
        self._sender = sender
        self._clock = clock
        self._awaiting = 0
        self._kept = Kept()

    async def notify(self, request: Incoming) -> Reply:
        """Take one notice of any of the four kinds (2.1.1 to 2.1.4)."""
        log_id = uuid.uuid4().hex
        try:
            raw = await read_body(request, self._config.body_timeout_seconds)
            signed = self._verified(request)
        except ProtocolError as error:
            _log.warning("notice_refused", reason=error.field, peer=request.remote, log_id=log_id)
            return _answered(NoticeAnswer.not_taken(int(error.code), error.message, log_id))
        try:
            notice = self._readable(raw, signed)
        except _StrangeError as strange:
            return await self._quarantine(strange, raw, signed, log_id)
        sent = await self._judged(self._message(raw, signed, notice, log_id))
        if sent == Verdict.FORGED.encode():
            return _answered(NoticeAnswer.not_taken(int(Code.SIGNATURE_INVALID), _USED, log_id))
        if sent is Sent.YES or isinstance(sent, bytes):
            return _answered(NoticeAnswer.taken(log_id))
        return _not_sent(sent, log_id)

    async def _judged(self, message: Message) -> Sent | bytes:
        """Send a notice, and wait a little for what the inbox says of its signature.

        Without a word in time it is durable all the same, and whoever handles it sets a
        forged one apart. Where too many wait for a word already, nobody waits.
        """
        if self._awaiting >= self._config.verdicts_awaited:
            return await self._sender.send(message)
        self._awaiting += 1
        try:
            return await self._sender.send(message, wait=self._config.verdict_wait_seconds)
        finally:
            self._awaiting -= 1

    def _verified(self, request: Incoming) -> _Signed:
        """Return the signed headers. Raises :class:`ProtocolError` naming the bad one."""
        if not self._allowed(request.remote):
            raise ProtocolError(Code.SIGNATURE_INVALID, field="address")
        partner_id = request.headers.get("PartnerId", "").strip()
        timestamp = request.headers.get("Timestamp", "").strip()
        authorization = request.headers.get("Authorization", "")
        if partner_id != self._config.partner_id:
            raise ProtocolError(Code.SIGNATURE_INVALID, "PartnerId", "PartnerId")
        if not (timestamp.isascii() and timestamp.isdigit()) or (
            len(timestamp) > _MAX_TIMESTAMP_DIGITS
        ):
            raise ProtocolError(Code.SIGNATURE_INVALID, "Timestamp", "Timestamp")
        path = self._config.callback_sign_path or request.raw_path.partition("?")[0]
        if not verify_zzy(self._config.sign_keys, partner_id, timestamp, path, authorization):
            raise ProtocolError(Code.SIGNATURE_INVALID, "Authorization", "Authorization")
        digest = hashlib.sha256(authorization.strip().encode("utf-8", "surrogateescape"))
        return _Signed(partner_id, int(timestamp), digest.hexdigest())

    def _allowed(self, remote: str | None) -> bool:
        networks = self._config.callback_allow
        if not networks:
            return True
        try:
            address = ip_address(remote or "")
        except ValueError:
            return False
        mapped = getattr(address, "ipv4_mapped", None) or address
        return any(mapped in network for network in networks)

    def _readable(self, raw: bytes, signed: _Signed) -> NoticeEnvelope:
        """Return the notice, wholly understood. Raises :class:`_StrangeError`."""
        try:
            notice = parse_notice(raw)
        except ValueError:
            raise _StrangeError(
                "notice_unreadable", "the body cannot be read", Code.PARAMETER_MISSING
            ) from None
        if notice.service is None:
            raise _StrangeError(
                "notice_unknown", "unknown NotifyServiceName", Code.PARAMETER_MISSING
            )
        if notice.partner_id != signed.partner_id:
            raise _StrangeError(
                "notice_partner", "PartnerId of body and header differ", Code.SIGNATURE_INVALID
            )
        try:
            told = notice.notice()
        except ValueError:
            raise _StrangeError(
                "notice_unreadable", "OrderNotifyBody cannot be read", Code.PARAMETER_MISSING
            ) from None
        window = self._config.callback_window_seconds
        if not within_window(signed.timestamp_ms, self._clock.now(), window):
            order = str(getattr(told, "order_id", ""))
            raise _StrangeError("notice_stale", "Timestamp is stale", Code.SIGNATURE_INVALID, order)
        return notice

    def _message(
        self, raw: bytes, signed: _Signed, notice: NoticeEnvelope | None, message_id: str
    ) -> Message:
        now = self._clock.now()
        received = NoticeReceived(
            received_at=now,
            signature_digest=signed.digest,
            timestamp_ms=signed.timestamp_ms,
            partner_id=signed.partner_id,
            service_name=notice.service_name if notice else "",
            raw=raw.decode("utf-8", "backslashreplace"),
            content_digest=notice.content_digest() if notice else hashlib.sha256(raw).hexdigest(),
        )
        return Message(
            queue=queues.NOTICES,
            type=received.TYPE,
            body=wrap(received, id=message_id, time=now),
            message_id=message_id,
        )

    async def _quarantine(
        self, strange: _StrangeError, raw: bytes, signed: _Signed, log_id: str
    ) -> Reply:
        """Keep a signed notice that is not taken among the dead letters, if there is room."""
        # The same content again is the same letter, however often ZZY sends it.
        name = hashlib.sha256(strange.kind.encode() + b"\0" + raw).hexdigest()[:32]
        not_taken = NoticeAnswer.not_taken(int(strange.code), strange.reason, log_id)
        if not self._kept.has_room(signed.digest, strange.order, name):
            alarm(strange.kind, log_id=log_id, kept=False)
            return _answered(not_taken)
        message = self._message(raw, signed, None, name)
        dead = Message(
            queue=queues.DEAD,
            type=message.type,
            body=message.body,
            message_id=name,
            headers={
                headers.DEAD_KIND: strange.kind,
                headers.DEAD_REASON: strange.reason,
                headers.DEAD_QUEUE: queues.NOTICES,
                headers.DEAD_ATTEMPTS: "0",
                headers.DEAD_AT: self._clock.now().isoformat(),
            },
        )
        sent = await self._sender.send(dead)
        if sent is not Sent.YES:
            return _not_sent(sent, log_id)
        alarm(strange.kind, log_id=log_id, letter=name)
        return _answered(not_taken)


def _answered(answer: NoticeAnswer, status: HTTPStatus = HTTPStatus.OK) -> Reply:
    of(INGRESS_REQUESTS, "notify", str(answer.code)).inc()
    return Reply(answer.to_bytes(), status)


def _not_sent(sent: Sent | bytes, log_id: str) -> Reply:
    """Say that it is not kept, or perhaps not: ZZY sends it again."""
    surely = sent is Sent.NO
    code = Code.CREATE_FAILED if surely else Code.UNKNOWN_OUTCOME
    status = HTTPStatus.SERVICE_UNAVAILABLE if surely else HTTPStatus.GATEWAY_TIMEOUT
    answer = NoticeAnswer.not_taken(int(code), "请稍后重发 (send it again)", log_id)
    return _answered(answer, status)
