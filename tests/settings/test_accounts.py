"""The settings of prepaid accounts."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from worker import configured
from worker.errors import SettingsError
from worker.settings import Settings, load_settings, weaknesses
from worker.translation.settlement import Price

PREPAID = '[[channels]]\napp_key = "k"\naccount = "prepaid"\nlow_balance = 99.5\n'
OTHER = '[[channels]]\napp_key = "o"\nlow_balance = 5\n'


def price(text: str = "price = 1.1", app_key: str = "k") -> str:
    return f'[[settlement_prices]]\napp_key = "{app_key}"\nproduct_code = "P"\n{text}\n'


def load(folder: Path, text: str) -> Settings:
    file = folder / "bridge.toml"
    file.write_text(text)
    return load_settings(file, {})


def test_who_has_an_account_and_what_it_costs(tmp_path: Path) -> None:
    text = PREPAID + OTHER + price() + price('price = "2.5"\nvalid_from = 2026-05-01')
    settings = load(tmp_path, text + price(app_key="o"))
    prices = (Price(None, Decimal("1.1")), Price(date(2026, 5, 1), Decimal("2.5")))
    assert configured.tariff(settings).by_channel == {"k": {"P": prices}}
    assert configured.account_watch(settings).low == {"k": Decimal("99.5")}
    assert configured.has_accounts(settings)


def test_nothing_is_watched_or_priced_by_default(tmp_path: Path) -> None:
    settings = load(tmp_path, OTHER)
    assert configured.tariff(settings).by_channel == {}
    assert configured.account_watch(settings).low == {}
    assert not configured.has_accounts(settings)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (price() + price("price = 3"), "the price of k P stands there more than once"),
        (price("price = 0.00001"), "4 decimal places"),
        (price("price = -1"), "greater than or equal to 0"),
        (price("price = nan"), "settlement_prices[0].price"),
        ('[[channels]]\napp_key = "k"\naccount = "credit"', "channels[0].account"),
    ],
)
def test_what_is_no_price_is_refused(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, text)
    assert told in str(caught.value)


def test_a_prepaid_channel_without_prices_is_warned_of(tmp_path: Path) -> None:
    told = weaknesses(load(tmp_path, PREPAID + price(app_key="typo")))
    priceless, typo = (line for line in told if "settlement_prices" in line)
    assert priceless.startswith("channel k: its account is prepaid")
    assert typo == "settlement_prices: no channel has the app_key typo"
