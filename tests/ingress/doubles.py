"""A broker that does what a test tells it, and requests as channels and ZZY send them."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from contracts.channel import ChannelRequest
from contracts.signatures import authorization, sign_zzy
from worker.runtime.ports import Handler, Message

APP_KEY = "k"
SECRET = "s3cret"
NEW_SECRET = "n3w"
PARTNER = "9258"
SIGN_KEY = "zzy-key"
PATH = "/zzy/notify"

ORDER = {
    "channel_order_num": "265793fc7ef711eaa2505404a6b35c1e",
    "product_code": "P11063",
    "take_phone": "13456451211",
    "tourist_info": {"360426199101010071": "张三", "11010519491231002X": "李四"},
    "date": "2026-05-02",
    "price": 6.0,
    "amount": 30.0,
    "count": 5,
}


@dataclass
class FakeBroker:
    """Implements the broker port in memory; ``error`` is raised, ``answer`` is the reply.

    ``error_after_request`` is raised from then on. ``interim`` are the replies that come before it.
    """

    error: BaseException | None = None
    error_after_request: BaseException | None = None
    answer: bytes | None = None
    interim: Sequence[bytes] = ()
    hangs: bool = False
    trouble: list[str] = field(default_factory=list)
    published: list[Message] = field(default_factory=list)
    requested: list[tuple[Message, float]] = field(default_factory=list)

    async def start(self) -> None: ...

    async def publish(self, message: Message, *, delay: float = 0) -> None:
        assert delay == 0
        await self._obey()
        self.published.append(message)

    async def request(
        self,
        message: Message,
        *,
        wait: float,
        final: Callable[[bytes], bool] | None = None,
    ) -> bytes | None:
        await self._obey()
        self.requested.append((message, wait))
        self.error = self.error_after_request or self.error
        replies = [*self.interim, *([self.answer] if self.answer is not None else [])]
        last = replies[-1] if replies else None
        return next((reply for reply in replies if final is None or final(reply)), last)

    async def _obey(self) -> None:
        if self.hangs:
            await asyncio.Event().wait()
        if self.error is not None:
            raise self.error

    async def reply(self, reply_to: str, correlation_id: str, body: bytes) -> None: ...

    async def consume(self, queue: str, handler: Handler, *, concurrency: int) -> None: ...

    async def stop_consuming(self) -> None: ...

    async def close(self) -> None: ...

    def problems(self) -> list[str]:
        return self.trouble

    async def depth(self, queue: str) -> int:
        return len([message for message in self.published if message.queue == queue])

    @property
    def sent(self) -> list[Message]:
        return self.published + [message for message, _ in self.requested]


def milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def signed(params: str, at: datetime, *, secret: str = SECRET, app_key: str = APP_KEY) -> bytes:
    return ChannelRequest.signed(app_key, secret, params, milliseconds(at)).to_bytes()


def zzy_headers(
    at: datetime, *, path: str = PATH, key: str = SIGN_KEY, partner: str = PARTNER
) -> Mapping[str, str]:
    timestamp = str(milliseconds(at))
    sign = sign_zzy(key, partner, timestamp, path)
    return {
        "PartnerId": partner,
        "Timestamp": timestamp,
        "Authorization": authorization(partner, sign),
    }
