"""Vouchers as short messages (短信): from an order to what its guest's phone gets.

Why it exists: the one place that says what a message to a guest holds, and how many
messages a long list of codes takes. It must not decide whether anything is sent.
"""

import hashlib
from datetime import datetime
from typing import Final

from contracts.channel import NotifiedVoucher
from contracts.events import VoucherSms
from worker.saga.effects import TextVouchers
from worker.saga.states import Order, Voucher

SMS_TYPE: Final = "sms"
"""What a message to a guest is called among an order's notifications."""

CODES_PER_SMS: Final = 10
SEPARATOR: Final = "、"


def voucher_sms(
    order: Order, wanted: TextVouchers, now: datetime, *, codes_per_sms: int = CODES_PER_SMS
) -> list[VoucherSms]:
    """Return the messages that text vouchers, in parts of ``codes_per_sms`` codes.

    Each part is sent, repeated and given up by itself; who waits is answered by the last.
    """
    vouchers, seq, waiter = wanted.vouchers, wanted.seq, wanted.waiter
    parts = [vouchers[at : at + codes_per_sms] for at in range(0, len(vouchers), codes_per_sms)]
    parts = parts or [()]
    return [
        VoucherSms(
            sms_id=sms_id(order.order_num, seq, number),
            app_key=order.app_key,
            order_num=order.order_num,
            channel_order_num=order.channel_order_num,
            seq=seq,
            created_at=now,
            take_phone=order.demand.take_phone,
            product_code=order.demand.product_code,
            visit_date=order.demand.visit_date.isoformat(),
            count=order.refundable,
            vouchers=tuple(map(_notified, part)),
            order_code=wanted.order_code,
            reply_to=waiter.reply_to if waiter and number == len(parts) else "",
            reply_correlation_id=waiter.correlation_id if waiter and number == len(parts) else "",
        )
        for number, part in enumerate(parts, 1)
    ]


def _notified(voucher: Voucher) -> NotifiedVoucher:
    return NotifiedVoucher(
        code=voucher.code,
        id_card=voucher.id_card,
        name=voucher.name,
        product_name=voucher.product_name,
        memo=voucher.memo,
    )


def sms_id(order_num: str, seq: int, part: int) -> str:
    """Return a message's id: the same after a crash or a replay."""
    digest = hashlib.sha256(f"{order_num}\n{SMS_TYPE}\n{seq}\n{part}".encode()).hexdigest()
    return f"sms_{digest[:32]}"


def sms_codes(sms: VoucherSms) -> tuple[str, ...]:
    """Return the codes that the guest must get: the vouchers', else the order's own."""
    codes = tuple(voucher.code for voucher in sms.vouchers)
    return codes or ((sms.order_code,) if sms.order_code else ())


def sms_values(sms: VoucherSms) -> dict[str, str]:
    """Return what the text of a message can name."""
    names = dict.fromkeys(v.product_name for v in sms.vouchers if v.product_name)
    return {
        "product": SEPARATOR.join(names) or sms.product_code,
        "date": sms.visit_date,
        "count": str(sms.count),
        "codes": SEPARATOR.join(sms_codes(sms)),
        "order_code": sms.order_code,
    }
