"""Every setting, its default and what it means.

Why it exists: the one place to look a setting up; bridge.example.toml shows them all. It
must not read a file or the environment. Durations are seconds, or "30s", "2m", "24h".
Source: DESIGN.md, "Configuration"; PROTOCOL.md names the reason of each.
"""

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AwareDatetime, Field, SecretStr, field_validator

from worker.settings.accounts import SettlementPrice
from worker.settings.alarms import Alarms
from worker.settings.catalogue import Catalogue
from worker.settings.console import Console
from worker.settings.parties import Channel, Product
from worker.settings.privacy import Privacy
from worker.settings.publishing import Events, Upstream
from worker.settings.reconciliation import Reconciliation
from worker.settings.section import Section, Text
from worker.settings.sms import Sms
from worker.settings.telemetry import Tracing
from worker.settings.values import ChannelCode, Network, Seconds, UrlPath, WebAddress

Port = Annotated[int, Field(ge=0, le=65_535)]
Endpoint = Literal[
    "products", "prices", "verify", "create", "pay", "person_qr_codes", "refund", "cancel"
]


class Ingress(Section):
    """Where channels and ZZY reach us."""

    host: Text = "127.0.0.1"
    port: Port = 9100
    time_stamp_window_seconds: Seconds = 300
    """How far a channel's time_stamp (时间戳) may be off."""
    body_limit_bytes: Annotated[int, Field(ge=1_024)] = 1_048_576
    zzy_callback_path: UrlPath = "/zzy/notify"
    callback_sign_path: UrlPath | None = None
    """The public path that ZZY signs, where a proxy rewrites it."""
    callback_window_seconds: Seconds = 300
    """How far a notice's Timestamp may be off."""
    callback_allow: tuple[Network, ...] = ()
    """Addresses and networks that notices may come from; empty: any."""


class Health(Section):
    """Where a process that runs without the ingress answers /healthz, /readyz, /metrics."""

    host: Text = "127.0.0.1"
    port: Port = 0
    """0: nowhere. With the ingress in the same process the ingress answers them."""


class Patterns(Section):
    """What parts of ZZY's refusal messages mean; ZZY documents no codes."""

    codes: dict[Text, ChannelCode] = {  # noqa: RUF012  (pydantic copies it)
        "库存不足": "3008",
        "余额不足": "3009",
        "下架": "3002",
        "不存在": "3002",
        "身份证数量": "3011",
        "身份证": "3012",
    }
    """Message part to the code that the channel reads; the first match wins, else 3000."""
    alarms: tuple[Text, ...] = ("余额不足",)
    """Refusals that the operator must hear of."""
    already_paid: tuple[Text, ...] = ("已支付", "重复支付")
    refund_known: tuple[Text, ...] = ("批次号重复",)
    duplicate_order: tuple[Text, ...] = ("订单号重复", "订单已存在", "重复下单")


class Zzy(Section):
    """How we reach the supplier ZZY (中智游)."""

    base_url: WebAddress = "http://127.0.0.1:9101"
    partner_id: Annotated[int, Field(ge=0)] = 9258
    sign_key: SecretStr = SecretStr("")
    previous_sign_keys: tuple[SecretStr, ...] = ()
    """Notices signed with these are taken too, while the key is being replaced."""
    cancel_method: Literal["POST", "GET"] = "POST"
    paths: dict[Endpoint, UrlPath] = {}  # noqa: RUF012  (pydantic copies it)
    """Where ZZY's paths differ from the document's, which are the default."""
    connect_timeout_seconds: Seconds = 3
    read_timeout_seconds: Seconds = 15
    breaker_failures: Annotated[int, Field(ge=0)] = 5
    """After so many calls in a row without an answer orders wait for ZZY; 0: never."""
    breaker_longest_delay_seconds: Seconds = 8
    """The longest time between two knocks at a ZZY that does not answer."""
    contact_name: Text = "游客"
    """The contact's name where the channel names no tourist."""
    patterns: Patterns = Patterns()

    @property
    def sign_keys(self) -> tuple[str, ...]:
        """All keys that verify; the first signs."""
        keys = (self.sign_key, *self.previous_sign_keys)
        return tuple(text for key in keys if (text := key.get_secret_value()))


class Saga(Section):
    """How long an order waits, and for what."""

    reply_wait_seconds: Seconds = 5
    pay_deadline_seconds: Seconds = 600
    ticket_deadline_seconds: Seconds = 600
    ticket_probe_delays: tuple[Seconds, ...] = (30, 120, 600, 1_800)
    """Waits between PersonQrCodes probes once the deadline has passed; then a human."""
    unknown_retry_delays: tuple[Seconds, ...] = (1, 2, 5, 15, 30)
    audit_deadline_seconds: Seconds = 259_200
    """How long a refund may be under audit (审核) before a human is called."""
    resend_interval_seconds: Seconds = 60
    """The least time between two resends by SMS (重发凭证) of one order; 0: no limit."""
    notice_hold_seconds: Seconds = 86_400
    """How long a notice waits for an order that is not known yet."""
    forced_refund_check: Literal["evidence", "hold"] = "evidence"
    unnamed_commands_until: AwareDatetime | None = None
    """Until then commands on RabbitMQ without a user pass: for a rolling restart from 0.1.0."""
    concurrency: Annotated[int, Field(ge=1, le=1_000)] = 32
    """Messages of one queue that one process handles at a time."""


class Limits(Section):
    """What one channel may ask for, and how much may go wrong at once."""

    requests_per_second: Annotated[float, Field(ge=0)] = 0
    """In bursts of a second's worth, by each process of the ingress; 0 is off."""
    dead_letters_per_minute: Annotated[int, Field(ge=0)] = 50
    """So many of orders or notices, and most of all, stop their queue; 0: never."""


class Relay(Section):
    """How notifications reach the channels."""

    allow_private_addresses: bool = False
    retry_delays: tuple[Seconds, ...] = (1, 5, 30, 120, 600, 1_800, 7_200, 21_600, 86_400)
    """Then the dead letters; each is rounded up to a delay tier."""
    timeout_seconds: Seconds = 10
    breaker_failures: Annotated[int, Field(ge=0)] = 10
    """So many failures in a row stop the deliveries to a channel; 0: nothing does."""
    breaker_first_seconds: Annotated[Seconds, Field(ge=0.1)] = 5
    """Until one delivery tries whether it answers again; doubled by each that fails."""
    breaker_longest_seconds: Annotated[Seconds, Field(ge=0.1)] = 300


class Log(Section):
    """What is logged, on stderr."""

    format: Literal["auto", "json", "console"] = "auto"
    """auto: readable on a terminal, else JSON."""
    level: Literal["debug", "info", "warning", "error"] = "info"


class Settings(Section):
    """The whole configuration."""

    database_url: Annotated[str, Field(repr=False)] = "sqlite:///var/bridge.db"
    database_prepared_statements: bool = True
    """False: PostgreSQL is behind a pooler that hands connections on between transactions."""
    broker_url: Annotated[str, Field(repr=False)] = "embedded:"
    broker_logins: tuple[Text, ...] = ()
    """Every login of ours on RabbitMQ, where each role has its own in its ``broker_url``."""
    ingress: Ingress = Ingress()
    health: Health = Health()
    zzy: Zzy = Zzy()
    saga: Saga = Saga()
    catalogue: Catalogue = Catalogue()
    reconciliation: Reconciliation = Reconciliation()
    limits: Limits = Limits()
    privacy: Privacy = Privacy()
    relay: Relay = Relay()
    sms: Sms = Sms()
    console: Console = Console()
    log: Log = Log()
    tracing: Tracing = Tracing()
    alarms: Alarms = Alarms()
    events: Events = Events()
    channels: tuple[Channel, ...] = ()
    products: tuple[Product, ...] = ()
    settlement_prices: tuple[SettlementPrice, ...] = ()
    """What channels with a prepaid account pay for a ticket."""
    upstreams: tuple[Upstream, ...] = ()
    folder: Annotated[Path, Field(exclude=True)] = Path()
    """Where relative paths begin: the configuration file's folder. Not a key of the file."""

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, url: str) -> str:
        if url.startswith("sqlite:///") or urlsplit(url).scheme in {"postgresql", "postgres"}:
            return url
        raise ValueError("must begin with sqlite:/// or postgresql://")

    @field_validator("broker_url")
    @classmethod
    def _known_broker(cls, url: str) -> str:
        if url.startswith(("embedded:", "amqp://", "amqps://")):
            return url
        raise ValueError("must be embedded: or begin with amqp:// or amqps://")

    @field_validator("channels")
    @classmethod
    def _distinct_channels(cls, channels: tuple[Channel, ...]) -> tuple[Channel, ...]:
        _refuse_repeats("app_key", [channel.app_key for channel in channels])
        return channels

    @field_validator("products")
    @classmethod
    def _distinct_products(cls, products: tuple[Product, ...]) -> tuple[Product, ...]:
        _refuse_repeats("product_code", [product.product_code for product in products])
        return products

    @field_validator("settlement_prices")
    @classmethod
    def _distinct_prices(cls, prices: tuple[SettlementPrice, ...]) -> tuple[SettlementPrice, ...]:
        places = [f"{one.app_key} {one.product_code} {one.valid_from or ''}" for one in prices]
        _refuse_repeats("the price of", [place.strip() for place in places])
        return prices

    @field_validator("upstreams")
    @classmethod
    def _distinct_upstreams(cls, upstreams: tuple[Upstream, ...]) -> tuple[Upstream, ...]:
        _refuse_repeats("user", [upstream.user for upstream in upstreams])
        return upstreams

    @property
    def sqlite_path(self) -> Path | None:
        """The database file, absolute; None with PostgreSQL."""
        if not self.database_url.startswith("sqlite:"):
            return None
        return (self.folder / self.database_url.removeprefix("sqlite:///")).absolute()

    @property
    def embedded_path(self) -> Path | None:
        """The embedded broker's file: the database's own, if it has one; None with RabbitMQ."""
        if not self.broker_url.startswith("embedded:"):
            return None
        named = self.broker_url.removeprefix("embedded:")
        if named or self.sqlite_path is None:
            return (self.folder / (named or "var/bridge.db")).absolute()
        return self.sqlite_path


def _refuse_repeats(key: str, values: list[str]) -> None:
    for value in values:
        if values.count(value) > 1:
            raise ValueError(f"{key} {value} stands there more than once")
