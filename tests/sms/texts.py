"""Messages and a gateway to begin a test with: that of docs/sms.md."""

from collections.abc import Mapping
from datetime import UTC, datetime

from contracts.channel import NotifiedVoucher, order_num
from contracts.envelope import wrap
from contracts.events import VoucherSms
from contracts.queues import SMS
from tests.doubles import NOON
from worker.runtime.ports import Message, NotificationRow, OrderRow, Transition
from worker.runtime.texting import Sms
from worker.sms.answer import SuccessRule
from worker.sms.request import GatewayPlan
from worker.store.sqlite import SqliteStore

OURS = order_num("k", "2x")
PHONE = "13456451211"
CODE = "2020522556333222221-2"
PUBLISHED_AT = datetime(2017, 7, 12, 2, 42, 19, tzinfo=UTC)

ALIYUN_RULE = SuccessRule(field="Code", value="OK", error_field="Message")


def aliyun(url: str = "https://dysmsapi.aliyuncs.com/") -> GatewayPlan:
    """Alibaba Cloud SMS (阿里云短信), with the values of its published example."""
    return GatewayPlan(
        url=url,
        method="GET",
        secret="testSecret",
        signature="query-hmac-sha1",
        parameters={"customer": "${product}"},
        query={
            "AccessKeyId": "testId",
            "Action": "SendSms",
            "Format": "XML",
            "OutId": "${sms_id}",
            "PhoneNumbers": "${phone}",
            "RegionId": "cn-hangzhou",
            "Signature": "${signature}",
            "SignName": "阿里云短信测试专用",
            "SignatureMethod": "HMAC-SHA1",
            "SignatureNonce": "${nonce}",
            "SignatureVersion": "1.0",
            "TemplateCode": "SMS_71390007",
            "TemplateParam": "${parameters}",
            "Timestamp": "${timestamp}",
            "Version": "2017-05-25",
        },
    )


def content(phone: str = PHONE, sms_id: str = "sms_1", **values: str) -> Sms:
    told = {"product": "票", "date": "2026-05-02", "count": "2", "codes": "A、B", "order_code": ""}
    return Sms(sms_id, "k", phone, {**told, **values}, ("A", "B"))


def text(number: int = 1, *, reply_to: str = "", codes: tuple[str, ...] = (CODE,)) -> VoucherSms:
    return VoucherSms(
        sms_id=f"sms_{number}",
        app_key="k",
        order_num=OURS,
        channel_order_num="2x",
        seq=number,
        created_at=NOON,
        take_phone=PHONE,
        product_code="P11063",
        visit_date="2026-05-02",
        count=1,
        vouchers=tuple(NotifiedVoucher(code=code, name="张三") for code in codes),
        reply_to=reply_to,
        reply_correlation_id="c-1" if reply_to else "",
    )


def message(
    sms: VoucherSms | None = None,
    *,
    attempt: int = 0,
    redelivered: bool = False,
    headers: Mapping[str, str] | None = None,
) -> Message:
    sms = sms or text()
    body = wrap(sms, id=sms.sms_id, time=NOON, correlation_id=OURS)
    return Message(
        SMS, sms.TYPE, body, "m-1", headers or {}, attempt=attempt, redelivered=redelivered
    )


async def know(store: SqliteStore, *texts: VoucherSms) -> None:
    """Put the order and its texts into the store, as the saga does."""
    row = OrderRow(OURS, 1, "k", "2x", None, "issued", None, None, b"{}", NOON, NOON)
    rows = [NotificationRow(one.sms_id, OURS, "k", "sms", one.seq, NOON) for one in texts]
    assert (await store.commit(Transition(row, notifications=rows))).applied
