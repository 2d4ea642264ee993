"""The channels, and the products under their names for them.

Why it exists: with whom we trade is what grows in a configuration; models.py holds the
rest. It must not read a file or the environment.
Source: DESIGN.md, "Configuration".
"""

from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator

from worker.settings.accounts import Yuan
from worker.settings.section import Section, Text
from worker.settings.sms import OF_THE_ORDER, check_template
from worker.settings.values import WebAddress


class NotifyUrls(Section):
    """An address for each type of notification, where it differs from notify_url."""

    check: WebAddress | None = None
    voucher: WebAddress | None = None
    refund: WebAddress | None = None
    order_failed: WebAddress | None = None
    product: WebAddress | None = None


class Channel(Section):
    """One distribution channel (分销渠道)."""

    app_key: Annotated[str, Field(pattern=r"^[\x21-\x7e]{1,200}$")]
    app_secrets: tuple[SecretStr, ...] = ()
    """The first signs, all verify; with none, every request is refused."""
    name: str = ""
    notify_url: WebAddress | None = None
    notify_urls: NotifyUrls = NotifyUrls()
    reply_on: Literal["accepted", "created", "paid"] = "paid"
    audit_reply: Literal["wait", "accepted"] = "wait"
    """What cancelOrder answers while the refund is under audit: 4000, or 1000."""
    envelope: Literal["signed", "plain"] = "signed"
    vouchers_by: Literal["notify", "sms", "both"] = "notify"
    """How guests get their vouchers: by the channel, by an SMS of ours (短信), or both."""
    verify_before_create: bool = False
    """Ask ZZY's order/Verify (订单下单预校验) before this channel's orders are made."""
    sms_text: str = ""
    """The text of this channel's SMS; empty: that of [sms]."""
    concurrency: Annotated[int, Field(ge=1, le=100)] = 16
    """Notifications under way to this channel at a time, by each relay process."""
    deliveries_per_second: Annotated[float, Field(ge=0, le=10_000, allow_inf_nan=False)] = 0
    """Notifications sent to this channel, by each relay process; 0: as many as it takes."""
    account: Literal["none", "prepaid"] = "none"
    """prepaid: orders are paid from an account (预存账户) that is topped up in advance."""
    low_balance: Yuan | None = None
    """The operator hears of it when less than this is available."""

    @field_validator("sms_text")
    @classmethod
    def _fillable(cls, text: str) -> str:
        check_template(text, OF_THE_ORDER)
        return text

    @property
    def secrets(self) -> tuple[str, ...]:
        """The secrets as text: the first signs, all verify."""
        return tuple(text for secret in self.app_secrets if (text := secret.get_secret_value()))


class Product(Section):
    """A product that the channels know under a name of their own."""

    product_code: Text
    zzy_product_id: Annotated[int, Field(ge=1)]
    begin_play_time: str = ""
    end_play_time: str = ""
    verify_before_create: bool = False
    """Ask ZZY's order/Verify before orders of this product are made."""
