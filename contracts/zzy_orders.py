"""Orders at ZZY: verify, create, pay, QR codes, refund, cancel (1.1.3 to 1.1.8).

Why it exists: the typed shape of the six order calls and their answers. It must not
decide what an answer means for an order. Source: docs/protocols/zzy.txt.
"""

from datetime import date
from enum import IntEnum
from typing import Annotated

from pydantic import BeforeValidator, Field

from .zzy_base import Codes, LooseInt, OrderStatus, Text, ZzyAnswer, ZzyId, ZzyModel, no_null
from .zzy_products import Price


class RefundStatus(IntEnum):
    """退款申请状态 / 审核状态 (1.1.7, 2.1.1)."""

    PENDING = 0
    """等待审核."""
    APPROVED = 1
    """审核通过."""
    REJECTED = 2
    """审核不通过."""


class Passenger(ZzyModel):
    """游客信息 of the pre-check (1.1.3)."""

    user_name: Text = Field(description="用户名. 1.1.3. Example: 游客姓名")
    mobile: Text = Field(description="手机号. 1.1.3. Example: 18102623512")
    card_id: Text = Field(alias="CardID", description="身份证号. 1.1.3. Example: 3301036566544662")
    card_type: LooseInt = Field(default=0, description="身份类型，默认 0身份证. 1.1.3. Example: 0")


class VerifyRequest(ZzyModel):
    """订单下单预校验, POST (1.1.3)."""

    partner_id: ZzyId = Field(description="合作 ID. 1.1.3. Example: 9258")
    product_id: ZzyId = Field(description="产品 ID. 1.1.3. Example: 165325")
    product_item_name: str | None = Field(
        default=None, description="场次名称. 1.1.3. Example: 上午场"
    )
    visit_date: str = Field(
        description="游玩时间, yyyy-MM-dd HH:mm:ss, Asia/Shanghai. 1.1.3. "
        "Example: 2021-06-21 13:20:36"
    )
    begin_play_time: str | None = Field(
        default=None, description="场次开始时间, HH:mm. 1.1.3. Example: 09:00"
    )
    end_play_time: str | None = Field(
        default=None, description="场次结束时间, HH:mm. 1.1.3. Example: 11:00"
    )
    order_users: Annotated[tuple[Passenger, ...], BeforeValidator(no_null)] = Field(
        description="游客信息, Collection of Passengers. 1.1.3. Example: []"
    )


class VerifyAnswer(ZzyAnswer[object]):
    """返回 of 订单下单预校验: the head alone (1.1.3)."""


class Person(ZzyModel):
    """游玩人联系人实体: contact or visitor (1.1.4)."""

    name: Text = Field(description="用户名. 1.1.4. Example: 张三")
    mobile: Text = Field(description="手机号. 1.1.4. Example: 13456451211")
    id_card: Text = Field(description="身份证号. 1.1.4. Example: 410102195431547812")
    id_card_type: LooseInt = Field(
        default=0, alias="IDCardType", description="身份类型，默认 0身份证. 1.1.4. Example: 0"
    )
    gender: LooseInt = Field(
        default=None, description="Gender, in the sample alone; not sent. 1.1.4. Example: 64"
    )
    memo: str | None = Field(default=None, description="备注（杭州市民）. 1.1.4. Example: 杭州市民")


class CreateRequest(ZzyModel):
    """订单新增, POST (1.1.4)."""

    partner_id: ZzyId = Field(description="合作 ID ，中智游提供. 1.1.4. Example: 1")
    origin_order_id: Text = Field(
        description="分销商订单号: our order_num. 1.1.4. Example: a72cfce7dec54cf18cd4ac610f221ecf"
    )
    contact_person: Person = Field(description="取票联系人. 1.1.4. Example: {}")
    product_id: ZzyId = Field(description="合作方产品 ID. 1.1.4. Example: 3")
    begin_play_time: str | None = Field(
        default=None, description="场次开始时间, HH:mm. 1.1.4. Example: 09:00"
    )
    end_play_time: str | None = Field(
        default=None, description="场次结束时间, HH:mm. 1.1.4. Example: 11:00"
    )
    order_quantity: int = Field(description="票数. 1.1.4. Example: 6")
    order_remark: str | None = Field(default=None, description="订单备注. 1.1.4. Example: 轮椅")
    visit_date: date = Field(description="VisitDate, yyyy-MM-dd. 1.1.4. Example: 2021-06-21")
    visit_person: Annotated[tuple[Person, ...], BeforeValidator(no_null)] = Field(
        default=(), description="游玩人数组. 1.1.4. Example: []"
    )


class CreateData(ZzyModel):
    """Data of 订单新增 (1.1.4)."""

    origin_order_id: Text = Field(
        default="", description="分销平台 ID: our number. 1.1.4. Example: a72c…"
    )
    distributor_id: ZzyId | None = Field(
        default=None, description="分销商 ID. 1.1.4. Example: 7811"
    )
    order_id: ZzyId = Field(description="开放平台订单 ID: ZZY's number. 1.1.4. Example: 4623122")
    order_status: OrderStatus = Field(
        default=OrderStatus.AWAITING_PAYMENT,
        description="订单状态(未支付，支付成功，出票中，出票成功). 1.1.4. Example: 0",
    )


class CreateAnswer(ZzyAnswer[CreateData]):
    """返回 of 订单新增 (1.1.4)."""


class PayRequest(ZzyModel):
    """订单支付, POST (1.1.5)."""

    partner_id: ZzyId = Field(description="合作 ID. 1.1.5. Example: 1")
    order_id: ZzyId = Field(description="开放平台返回订单号. 1.1.5. Example: 4623122")
    unit_price: Price = Field(
        default=None,
        description="单价; never sent: the channel's price is not ZZY's. 1.1.5. Example: 60.0",
    )
    eticket_no: str | None = Field(
        default=None, description="交易电子凭证订单号: our order_num. 1.1.5. Example: a72c…"
    )
    ticket_count: LooseInt = Field(default=None, description="票数量. 1.1.5. Example: 5")


class UserVoucher(ZzyModel):
    """实名验证入园凭证，一人一码 (1.1.5, 2.1.3)."""

    id_card_no: Text = Field(
        default="", alias="IDCardNo", description="身份证. 1.1.5. Example: 36220163556666666"
    )
    voucher_code: Text = Field(
        default="",
        description="入园凭证: number or text, always kept as text. 1.1.5. "
        "Example: 2020522556333222221-2",
    )
    mobile: Text = Field(default="", description="手机号. 1.1.5. Example: 18106532623")


UserVouchers = Annotated[tuple[UserVoucher, ...], BeforeValidator(no_null)]


class PayData(ZzyModel):
    """Data of 订单支付 (1.1.5)."""

    voucher_code: Text = Field(
        default="",
        description="订单入园凭证，多人一码: one for all. 1.1.5. Example: 202052255633322222124",
    )
    order_user_vouchers: UserVouchers = Field(
        default=(), description="实名验证入园凭证，一人一码: one each. 1.1.5. Example: []"
    )
    order_status: OrderStatus = Field(
        description="订单状态: 0 等待支付, 1 支付成功, 2 支付失败, 3 等待出票, 4 出票成功, "
        "5 出票失败. 1.1.5. Example: 4"
    )
    pay_money: Price = Field(default=None, description="支付金额, yuan. 1.1.5. Example: 2.0")


class PayAnswer(ZzyAnswer[PayData]):
    """返回 of 订单支付 (1.1.5)."""


class PersonQrCodesRequest(ZzyModel):
    """获取游客入园二维码, GET (1.1.6); the query."""

    origin_order_id: Text = Field(
        alias="originOrderId",
        description="合作方订单 ID: our order_num. 1.1.6. Example: a72cfce7dec54cf18cd4ac61",
    )


class PersonQrCode(ZzyModel):
    """One visitor's code (1.1.6). It carries a name and no id card."""

    name: Text = Field(default="", description="Name, 游客姓名. 1.1.6. Example: 张三")
    qr_code: Text = Field(default="", description="QrCode, 二维码. 1.1.6. Example: 635474911632")
    product_name: Text = Field(default="", description="产品名称. 1.1.6. Example: 龙游石窟景区联票")
    memo: Text = Field(default="", description="备注. 1.1.6. Example: 龙游石窟供应商")


class PersonQrCodesAnswer(ZzyAnswer[Annotated[tuple[PersonQrCode, ...], BeforeValidator(no_null)]]):
    """返回 of 获取游客入园二维码: no Code, no LogId (1.1.6)."""


class RefundRequest(ZzyModel):
    """订单退改申请, POST (1.1.7)."""

    partner_id: ZzyId = Field(description="合作 ID. 1.1.7. Example: 1")
    order_id: ZzyId = Field(description="开放平台返回订单号. 1.1.7. Example: 4623122")
    refund_count: int = Field(description="退票数量. 1.1.7. Example: 2")
    voucher_code: Codes = Field(
        default=(), description="入园凭证，有订单号不传则传此参数. 1.1.7. Example: []"
    )
    refund_id: Text = Field(
        description="退款申请批次号,不能重复: ours, the same on a retry. 1.1.7. Example: a72c…-r1"
    )


class RefundData(ZzyModel):
    """Data of 订单退改申请 (1.1.7)."""

    apply_id: ZzyId | None = Field(
        default=None, description="退款申请批次号: ZZY's number of it. 1.1.7. Example: 1"
    )
    refund_status: RefundStatus = Field(
        description="退款申请状态: 0 等待审核, 1 审核通过, 2 审核不通过. 1.1.7. Example: 0"
    )


class RefundAnswer(ZzyAnswer[RefundData]):
    """返回 of 订单退改申请 (1.1.7)."""


class CancelRequest(ZzyModel):
    """订单取消 (1.1.8); the query."""

    order_id: ZzyId = Field(
        alias="orderId", description="中智游返回订单号. 1.1.8. Example: 4623122"
    )


class CancelAnswer(ZzyAnswer[object]):
    """返回 of 订单取消: the head alone (1.1.8)."""
