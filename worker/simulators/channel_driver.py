"""Places orders at our ingress as a channel (渠道) would: signed, over HTTP.

Why it exists: the demo, the tests and the bench order tickets the way a real channel
does. It must not wait for what comes of them. Source: channel.txt 一, 1 and 2.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import aiohttp

from contracts.signatures import sign_channel
from worker.clock import Clock, SystemClock

_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS: Final = "10X98765432"
_FIRST_BIRTHDAY: Final = date(1984, 1, 1)
_BIRTHDAYS: Final = 6_000


@dataclass(frozen=True, slots=True)
class DriverAnswer:
    """What the ingress answered."""

    status: int
    code: str
    message: str
    data: Any

    @property
    def order_num(self) -> str:
        """Our order number, or nothing."""
        return str(self.data["order_num"]) if isinstance(self.data, dict) else ""


class ChannelDriver:
    """A channel's own client."""

    def __init__(
        self, ingress_url: str, app_key: str, secret: str, *, clock: Clock | None = None
    ) -> None:
        """Order at ``ingress_url`` (no path) as the channel ``app_key``."""
        self._url = ingress_url.rstrip("/")
        self._app_key = app_key
        self._secret = secret
        self._clock = clock or SystemClock()
        self._session: aiohttp.ClientSession | None = None

    async def create(self, order: Mapping[str, Any]) -> DriverAnswer:
        """Call /public/createOrder (下单接口). Raises aiohttp.ClientError, TimeoutError."""
        return await self.post("/public/createOrder", order)

    async def cancel(self, order_num: str) -> DriverAnswer:
        """Call /public/cancelOrder (取消订单). Raises aiohttp.ClientError, TimeoutError."""
        return await self.post("/public/cancelOrder", {"order_num": order_num})

    async def post(self, path: str, params: Mapping[str, Any]) -> DriverAnswer:
        """POST business parameters in the signed envelope of section 一."""
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30))
        async with self._session.post(self._url + path, data=self.envelope(params)) as response:
            answer = json.loads(await response.read())
            return DriverAnswer(
                response.status, str(answer["code"]), answer["message"], answer["data"]
            )

    def envelope(self, params: Mapping[str, Any]) -> bytes:
        """Return the body: the parameters as a JSON string, signed with MD5."""
        text = json.dumps(params, ensure_ascii=False)
        time_stamp = int(self._clock.now().timestamp() * 1000)
        sign = sign_channel(self._secret, text, time_stamp)
        body = {
            "app_key": self._app_key,
            "params": text,
            "sign": sign,
            "time_stamp": time_stamp,
        }
        return json.dumps(body, ensure_ascii=False).encode()

    async def close(self) -> None:
        """Close the connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()


def made_up_id_card(number: int) -> str:
    """Return a made-up id card number (身份证) with a real date and a right check digit.

    The document's samples have neither, and are refused by any strict check.
    """
    birthday = _FIRST_BIRTHDAY + timedelta(days=number % _BIRTHDAYS)
    digits = f"410102{birthday:%Y%m%d}{number // _BIRTHDAYS % 1000:03d}"
    total = sum(int(digit) * weight for digit, weight in zip(digits, _WEIGHTS, strict=True))
    return digits + _CHECK_DIGITS[total % 11]


def sample_order(channel_order_num: str, day: date, **changes: object) -> dict[str, Any]:
    """Return the document's own createOrder example, with valid ids and another date."""
    return {
        "channel_order_num": channel_order_num,
        "product_code": "P11063",
        "take_phone": "13456451211",
        "tourist_info": {made_up_id_card(1): "张三", made_up_id_card(2): "李四"},
        "date": day.isoformat(),
        "price": 6.0,
        "amount": 30.0,
        "count": 5,
        **changes,
    }
