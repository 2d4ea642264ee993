"""From settings to the plain arguments that each part takes.

Why it exists: only this file and the composition root know both a setting's name and who
needs it, so that no adapter reads a setting. It must not build an adapter.
"""

from dataclasses import replace
from ipaddress import ip_network
from urllib.parse import unquote, urlsplit

from contracts.zzy import Endpoint
from worker.broker.login import login
from worker.clients.channels import DEFAULT_LIMITS
from worker.clients.http import Limits
from worker.clients.zzy import ZzyAccess
from worker.ingress.config import ChannelAccess, IngressConfig
from worker.relay.lane import LanePlan
from worker.relay.policy import patience
from worker.relay.target import ChannelTarget
from worker.runtime.accounts import AccountWatch
from worker.runtime.breaker import BreakerPlan
from worker.runtime.catalogue_sync import Rhythm
from worker.runtime.precheck import Wanted
from worker.runtime.upstreams import Upstreams
from worker.settings import Channel, Settings
from worker.sms.answer import SuccessRule
from worker.sms.request import GatewayPlan
from worker.translation.commands import MappedProduct, ProductMap
from worker.translation.outbound import Partner
from worker.translation.refusals import RefusalPattern, RefusalPatterns
from worker.translation.settlement import Price, Tariff


def partner(settings: Settings) -> Partner:
    """Return who we are to ZZY."""
    return Partner(str(settings.zzy.partner_id), settings.zzy.contact_name)


def patterns(settings: Settings) -> RefusalPatterns:
    """Return what ZZY's refusals mean."""
    told = settings.zzy.patterns
    return RefusalPatterns(
        codes=tuple(
            RefusalPattern(text, code, "zzy_refusal" if text in told.alarms else "")
            for text, code in told.codes.items()
        ),
        already_paid=told.already_paid,
        repeated_refund=told.refund_known,
        duplicate_order=told.duplicate_order,
    )


def products(settings: Settings) -> ProductMap:
    """Return which ZZY product each product_code means."""
    return ProductMap(
        {
            product.product_code: MappedProduct(
                str(product.zzy_product_id), product.begin_play_time, product.end_play_time
            )
            for product in settings.products
        }
    )


def rhythm(settings: Settings) -> Rhythm:
    """Return how often the catalogue is fetched and looked at."""
    told = settings.catalogue
    return Rhythm(told.sync_interval_seconds, told.refresh_seconds)


def purchase_key(settings: Settings) -> bytes:
    """Return the key of the digests by which buyers are known again."""
    own = settings.catalogue.purchase_key.get_secret_value()
    return (own or settings.zzy.sign_key.get_secret_value() or "ticketbridge").encode()


def verified_first(settings: Settings) -> Wanted:
    """Return whose orders, and orders of what, ZZY is asked to verify first."""
    return Wanted(
        frozenset(c.app_key for c in settings.channels if c.verify_before_create),
        frozenset(p.product_code for p in settings.products if p.verify_before_create),
    )


def tariff(settings: Settings) -> Tariff:
    """Return what each channel with a prepaid account pays for each product."""
    prices: dict[str, dict[str, tuple[Price, ...]]] = {
        channel.app_key: {} for channel in settings.channels if channel.account == "prepaid"
    }
    for one in settings.settlement_prices:
        if one.app_key in prices:
            known = prices[one.app_key].get(one.product_code, ())
            price = Price(one.valid_from, one.price)
            prices[one.app_key][one.product_code] = (*known, price)
    return Tariff(prices)


def has_accounts(settings: Settings) -> bool:
    """Tell whether any channel has a prepaid account."""
    return any(channel.account == "prepaid" for channel in settings.channels)


def account_watch(settings: Settings) -> AccountWatch:
    """Return when the operator hears that an account runs low."""
    return AccountWatch(
        {
            channel.app_key: channel.low_balance
            for channel in settings.channels
            if channel.account == "prepaid" and channel.low_balance is not None
        }
    )


def zzy_access(settings: Settings) -> ZzyAccess:
    """Return where ZZY is and what signs our calls."""
    zzy = settings.zzy
    return ZzyAccess(
        base_url=zzy.base_url,
        partner_id=str(zzy.partner_id),
        sign_key=zzy.sign_key.get_secret_value(),
        paths={Endpoint[name.upper()]: path for name, path in zzy.paths.items()},
        cancel_method=zzy.cancel_method,
    )


def zzy_limits(settings: Settings) -> Limits:
    """Return what a call to ZZY may cost."""
    zzy = settings.zzy
    return Limits(
        connect=zzy.connect_timeout_seconds,
        read=zzy.read_timeout_seconds,
        total=zzy.connect_timeout_seconds + zzy.read_timeout_seconds,
    )


def channel_limits(settings: Settings) -> Limits:
    """Return what a delivery to a channel may cost."""
    seconds = settings.relay.timeout_seconds
    return replace(DEFAULT_LIMITS, read=seconds, total=seconds)


def sms_plan(settings: Settings) -> GatewayPlan | None:
    """Return the SMS gateway as it is described, or None where there is none."""
    sms = settings.sms
    if sms.url is None:
        return None
    return GatewayPlan(
        url=sms.url,
        method=sms.method,
        secret=sms.gateway_secret.get_secret_value(),
        headers=sms.headers,
        query=sms.query,
        form=sms.form,
        json=sms.json_body,
        text=sms.text,
        texts={c.app_key: c.sms_text for c in settings.channels if c.sms_text},
        parameters=sms.template_parameters,
        signature=sms.signature,
        signature_encoding=sms.signature_encoding,
    )


def sms_rule(settings: Settings) -> SuccessRule:
    """Return when an SMS counts as sent."""
    sms = settings.sms
    return SuccessRule(
        frozenset(sms.success_statuses), sms.success_field, sms.success_value, sms.error_field
    )


def sms_limits(settings: Settings) -> Limits:
    """Return what a call to the SMS gateway may cost."""
    seconds = settings.sms.timeout_seconds
    return Limits(connect=settings.sms.connect_timeout_seconds, read=seconds, total=seconds)


def ingress(settings: Settings) -> IngressConfig:
    """Return what the ingress must know."""
    return IngressConfig(
        channels={channel.app_key: _access(channel) for channel in settings.channels},
        partner_id=str(settings.zzy.partner_id),
        sign_keys=settings.zzy.sign_keys,
        time_stamp_window_seconds=settings.ingress.time_stamp_window_seconds,
        callback_path=settings.ingress.zzy_callback_path,
        callback_sign_path=settings.ingress.callback_sign_path,
        callback_window_seconds=settings.ingress.callback_window_seconds,
        callback_allow=tuple(ip_network(net) for net in settings.ingress.callback_allow),
        reply_wait_seconds=settings.saga.reply_wait_seconds,
        requests_per_second=settings.limits.requests_per_second,
        body_limit_bytes=settings.ingress.body_limit_bytes,
    )


def _access(channel: Channel) -> ChannelAccess:
    return ChannelAccess(
        app_key=channel.app_key,
        secrets=channel.secrets,
        name=channel.name,
        reply_on=channel.reply_on,
        audit_reply=channel.audit_reply,
    )


def targets(settings: Settings) -> list[ChannelTarget]:
    """Return where each channel's notifications go."""
    return [
        ChannelTarget(
            app_key=channel.app_key,
            name=channel.name,
            secrets=channel.secrets,
            notify_url=channel.notify_url or "",
            notify_urls={
                kind: url for kind, url in channel.notify_urls.model_dump().items() if url
            },
            envelope=channel.envelope,
        )
        for channel in settings.channels
    ]


def lanes(settings: Settings) -> list[LanePlan]:
    """Return what slows or stops the deliveries to each channel."""
    relay = settings.relay
    breaker = BreakerPlan(
        in_row=relay.breaker_failures,
        least=0,
        first_delay=relay.breaker_first_seconds,
        longest_delay=max(relay.breaker_first_seconds, relay.breaker_longest_seconds),
    )
    waits = patience(relay.retry_delays)
    return [
        LanePlan(channel.app_key, channel.deliveries_per_second, waits, breaker)
        for channel in settings.channels
    ]


def publishes_events(settings: Settings) -> bool:
    """Tell whether order events are published: on RabbitMQ, unless it was turned off."""
    return settings.embedded_path is None and settings.events.publish != "false"


def upstreams(settings: Settings) -> Upstreams:
    """Return which users of the broker may speak for which channels."""
    if settings.embedded_path is not None:
        return Upstreams()
    return Upstreams(
        ours=login(settings.broker_url),
        also_ours=frozenset(settings.broker_logins),
        channels={known.user: frozenset(known.channels) for known in settings.upstreams},
        unnamed_until=settings.saga.unnamed_commands_until,
    )


def vouchers_by(settings: Settings) -> dict[str, str]:
    """Return how the guests of channels that want SMS get their vouchers."""
    return {c.app_key: c.vouchers_by for c in settings.channels if c.vouchers_by != "notify"}


def product_channels(settings: Settings) -> list[str]:
    """Return the channels that want to hear of product changes."""
    return [channel.app_key for channel in settings.channels if channel.notify_urls.product]


def secrets(settings: Settings) -> list[str]:
    """Return every secret, for the redaction of logs."""
    keys = list(settings.zzy.sign_keys)
    for channel in settings.channels:
        keys.extend(channel.secrets)
    keys.extend(key.get_secret_value() for key in settings.privacy.encryption_keys)
    keys.extend(user.password_hash.get_secret_value() for user in settings.console.users)
    keys.append(settings.sms.gateway_secret.get_secret_value())
    keys.append(settings.catalogue.purchase_key.get_secret_value())
    for url in (settings.database_url, settings.broker_url):
        password = urlsplit(url).password
        keys.extend([password, unquote(password)] if password else [])
    return keys
