"""The requests that a channel's endpoint is tried with, and what must become of each.

Why it exists: one list of everything that a receiver must take or refuse. The orders in it
are made up and say so: every number begins with TEST. It must not send.
Source: docs/channel-guide.md, "Receiving notifications".
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal

from contracts.channel import (
    CheckNotification,
    Notification,
    NotifiedVoucher,
    NotifyType,
    OrderFailedNotification,
    ProductNotification,
    RefundNotification,
    VoucherNotification,
)
from contracts.events import ChannelNotification
from contracts.signatures import webhook_signature
from worker.relay.envelope import Request, build
from worker.relay.target import ChannelTarget

TEST: Final = "TEST"
STRANGER: Final = "another secret, made up by check-channel"
AGE: Final = timedelta(hours=1)
MANY: Final = 1_000

Expected = Literal["taken", "refused", "answered"]
"""answered: either way, but not with a failure of the server."""


@dataclass(frozen=True, slots=True)
class Shot:
    """One request: its name, the kind of fault where it is not treated as it must be."""

    name: str
    kind: str
    expected: Expected
    told: str
    type: NotifyType
    make: Callable[[datetime], Request]
    method: str = "POST"


class Shots:
    """All requests to one channel, under one made-up order."""

    def __init__(self, target: ChannelTarget, run: str) -> None:
        """Take who the channel is, and what tells this run from another."""
        self._target = target
        self._run = run
        self._order = f"{TEST}-{run}"

    def all(self) -> Iterator[Shot]:
        """Yield every request, in the order in which they are to be sent."""
        yield from self._every_type()
        yield from self._twice_and_late()
        yield from self._unusual()
        yield from self._not_to_be_believed()

    def _every_type(self) -> Iterator[Shot]:
        for kind, content in self._contents().items():
            told = f"a {kind} notification must be taken"
            yield self._genuine(kind, content, Shot(kind.value, "", "taken", told, kind, _no))

    def _twice_and_late(self) -> Iterator[Shot]:
        voucher, check = NotifyType.VOUCHER, NotifyType.CHECK
        again = "the same Webhook-Id again must be answered as delivered, and do nothing"
        shot = Shot("repeat", "repeat_refused", "taken", again, voucher, _no)
        yield self._genuine(voucher, self._vouchers(1), shot, number=voucher)
        told = "a check with higher counts must be taken"
        yield self._genuine(
            check, self._check(3), Shot("newer check", "newer_refused", "taken", told, check, _no)
        )
        told = "an older check after a newer one must be answered as delivered, or it comes again"
        yield self._genuine(
            check, self._check(2), Shot("older check", "older_refused", "taken", told, check, _no)
        )

    def _unusual(self) -> Iterator[Shot]:
        voucher = NotifyType.VOUCHER
        told = "header names in lower case (a proxy writes them so) must be understood"
        shot = Shot("lower-case headers", "header_names", "taken", told, voucher, _no)
        yield self._changed(shot, _lower_case)
        told = "one fitting entry of several in Webhook-Signature is enough (a secret is replaced)"
        shot = Shot("several signatures", "several_signatures", "taken", told, voucher, _no)
        yield self._changed(shot, _stranger_first)
        told = f"a body with {MANY} vouchers must be taken"
        shot = Shot("big body", "big_body", "taken", told, voucher, _no)
        yield self._genuine(voucher, self._vouchers(MANY), shot)
        told = "a field that is not known yet must be ignored"
        fields = json.loads(self._vouchers(1).to_params()) | {"test_field": "未知"}
        shot = Shot("unknown field", "unknown_field", "taken", told, voucher, _no)
        yield self._genuine(voucher, fields, shot)
        told = "a notify_type that is not known yet must not make the server fail"
        fields = {"notify_type": "test_type", "channel_order_num": self._order, "order_num": ""}
        shot = Shot("unknown type", "unknown_type", "answered", told, voucher, _no)
        yield self._genuine(voucher, fields, shot, header="test_type")

    def _not_to_be_believed(self) -> Iterator[Shot]:
        voucher = NotifyType.VOUCHER
        strange = replace(self._target, secrets=(STRANGER,))
        told = "a notification signed with another secret must be refused"
        shot = Shot("wrong secret", "accepts_wrong_signature", "refused", told, voucher, _no)
        yield self._genuine(voucher, self._vouchers(1), shot, target=strange)
        told = "a body that was changed after it was signed must be refused"
        shot = Shot("changed body", "accepts_changed_body", "refused", told, voucher, _no)
        yield self._changed(shot, _tampered)
        told = "a notification without signatures must be refused"
        shot = Shot("no signature", "accepts_unsigned", "refused", told, voucher, _no)
        yield self._changed(shot, _unsigned)
        told = "a notification that was signed an hour ago must be refused: it may be a replay"
        shot = Shot("stale", "accepts_stale", "refused", told, voucher, _no)
        yield self._genuine(voucher, self._vouchers(1), shot, age=AGE)
        for name, kind, told, method, body in (
            ("no JSON", "accepts_garbage", "a body that is no JSON must be refused", "POST", b"{"),
            ("empty body", "accepts_nothing", "an empty POST must be refused", "POST", b""),
            ("GET", "answers_get", "a GET is no notification", "GET", b""),
        ):
            plain = Request({"Content-Type": "application/json"}, body)
            yield Shot(name, kind, "refused", told, voucher, lambda _, it=plain: it, method)  # type: ignore[misc]

    # --- how they are made --------------------------------------------------------------

    def _genuine(  # noqa: PLR0913  (what differs from a plain notification)
        self,
        kind: NotifyType,
        content: Notification | dict[str, object],
        shot: Shot,
        *,
        number: str = "",
        header: str = "",
        target: ChannelTarget | None = None,
        age: timedelta = timedelta(0),
    ) -> Shot:
        params = (
            json.dumps(content, ensure_ascii=False)
            if isinstance(content, dict)
            else content.to_params()
        )

        def make(now: datetime) -> Request:
            sent = ChannelNotification(
                webhook_id=f"msg_{TEST}_{self._run}_{number or shot.name.replace(' ', '_')}",
                notify_type=kind,
                app_key=self._target.app_key,
                order_num=self._order,
                channel_order_num=self._order,
                seq=1,
                created_at=now,
                params=params,
            )
            request = build(sent, target or self._target, now - age)
            extra = {"Webhook-Type": header} if header else {}
            return Request({**request.headers, **extra}, request.body)

        return replace(shot, make=make)

    def _changed(self, shot: Shot, change: Callable[[Request, ChannelTarget], Request]) -> Shot:
        genuine = self._genuine(shot.type, self._vouchers(1), shot)
        return replace(shot, make=lambda now: change(genuine.make(now), self._target))

    # --- what they hold -----------------------------------------------------------------

    def _contents(self) -> dict[NotifyType, Notification]:
        order = {"channel_order_num": self._order, "order_num": f"{TEST}0{self._run}"}
        return {
            NotifyType.CHECK: self._check(1),
            NotifyType.VOUCHER: self._vouchers(1),
            NotifyType.REFUND: RefundNotification(
                **order, refund_id=f"{TEST}-R1", count=1, status="rejected", reason="测试：已过期"
            ),
            NotifyType.ORDER_FAILED: OrderFailedNotification(
                **order, code="3008", message="测试：库存不足"
            ),
            NotifyType.PRODUCT: ProductNotification(product_code=TEST, change="prices"),
        }

    def _check(self, checked: int) -> CheckNotification:
        return CheckNotification(
            order_num=self._order,
            check_time="2020-04-15 16:07:41",
            check_result="1",
            total_count="5",
            no_check_count=str(5 - checked),
            check_count=str(checked),
        )

    def _vouchers(self, number: int) -> VoucherNotification:
        return VoucherNotification(
            channel_order_num=self._order,
            order_num=f"{TEST}0{self._run}",
            vouchers=tuple(
                NotifiedVoucher(code=f"{TEST}-{at}", name="测试𠮷", product_name='"票" \\ 🎫')
                for at in range(number)
            ),
        )


def _no(_: datetime) -> Request:
    raise NotImplementedError


def _lower_case(request: Request, _: ChannelTarget) -> Request:
    return Request({name.lower(): value for name, value in request.headers.items()}, request.body)


def _stranger_first(request: Request, target: ChannelTarget) -> Request:
    number, stamp = request.headers["Webhook-Id"], request.headers["Webhook-Timestamp"]
    both = webhook_signature([STRANGER, *target.secrets], number, stamp, request.body)
    return Request({**request.headers, "Webhook-Signature": both}, request.body)


def _tampered(request: Request, _: ChannelTarget) -> Request:
    return Request(request.headers, request.body.replace(b"TEST-0", b"TEST-9"))


def _unsigned(request: Request, _: ChannelTarget) -> Request:
    headers = {name: v for name, v in request.headers.items() if name != "Webhook-Signature"}
    body = json.loads(request.body)
    body.pop("sign", None)
    return Request(headers, json.dumps(body, ensure_ascii=False).encode())
