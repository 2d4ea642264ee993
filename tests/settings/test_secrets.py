"""Every secret may come from a file, several at once, and is warned about if it is weak."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.settings.test_settings import DRAWN, LONG, load, mistake
from worker import configured
from worker.settings import Settings, weaknesses
from worker.settings.sources import SECRETS

OTHER = DRAWN[:40]

ALL = """
database_url_file = "database"
broker_url_file = "broker"
[zzy]
sign_key_file = "one"
previous_sign_keys_file = "several"
[catalogue]
purchase_key_file = "one"
[sms]
gateway_secret_file = "one"
[[console.users]]
name = "a"
password_hash_file = "hash"
[[alarms.robots]]
name = "ops"
format = "dingtalk"
webhook_url_file = "webhook"
webhook_secret_file = "one"
[privacy]
encryption_keys_file = "keys"
[[channels]]
app_key = "k"
app_secrets_file = "several"
"""


def with_files(folder: Path) -> Path:
    for name, text in {
        "one": "one\n",
        "hash": "$argon2id$v=19$x\n",
        "webhook": "https://robot.example/send?access_token=t\n",
        "several": "first\n\n  second  \n",
        "keys": f"{DRAWN}\n{DRAWN[::-1]}\n",
        "database": "postgresql://u:p%40ss@h/d\n",
        "broker": "amqp://u:p@h/\n",
    }.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_every_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    settings = load(with_files(tmp_path), ALL)
    assert settings.zzy.sign_keys == ("one", "first", "second")
    assert settings.channels[0].secrets == ("first", "second")
    assert settings.catalogue.purchase_key == SecretStr("one")
    assert settings.sms.gateway_secret == SecretStr("one")
    assert settings.console.users[0].password_hash == SecretStr("$argon2id$v=19$x")
    (robot,) = settings.alarms.robots
    assert robot.webhook_url.get_secret_value() == "https://robot.example/send?access_token=t"
    assert robot.webhook_secret == SecretStr("one")
    assert len(settings.privacy.encryption_keys) == 2
    assert settings.database_url == "postgresql://u:p%40ss@h/d"
    assert settings.broker_url == "amqp://u:p@h/"
    assert {line.split("_file")[0] for line in ALL.splitlines() if "_file" in line} == SECRETS


def test_every_secret_may_stand_in_a_file_that_the_environment_names(tmp_path: Path) -> None:
    folder = with_files(tmp_path)
    settings = load(
        folder,
        "",
        TICKETBRIDGE_ZZY__SIGN_KEY_FILE=str(folder / "one"),
        TICKETBRIDGE_ZZY__PREVIOUS_SIGN_KEYS_FILE=str(folder / "several"),
        TICKETBRIDGE_CATALOGUE__PURCHASE_KEY_FILE=str(folder / "one"),
        TICKETBRIDGE_CHANNELS=f'[{{"app_key": "k", "app_secrets_file": "{folder / "several"}"}}]',
    )
    assert settings.zzy.sign_keys == ("one", "first", "second")
    assert settings.catalogue.purchase_key == SecretStr("one")
    assert settings.channels[0].secrets == ("first", "second")
    said = mistake(folder, "", TICKETBRIDGE_CHANNELS='[{"app_key": "k", "app_secrets_file": "x"}]')
    assert said.startswith("TICKETBRIDGE_CHANNELS: app_secrets_file: ")


def test_the_logs_mask_every_secret(tmp_path: Path) -> None:
    settings = load(with_files(tmp_path), ALL)
    masked = set(configured.secrets(settings))
    assert {"one", "first", "second", "p%40ss", "p@ss", "p", DRAWN} <= masked


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("zzy.sign_key", "[zzy]\nsign_key = '{}'"),
        ("zzy.previous_sign_keys number 2", f"[zzy]\nprevious_sign_keys = ['{LONG}', '{{}}']"),
        ("channel k: app_secrets number 1", "[[channels]]\napp_key = 'k'\napp_secrets = ['{}']"),
        ("sms.gateway_secret", "[sms]\ngateway_secret = '{}'"),
        ("catalogue.purchase_key", "[catalogue]\npurchase_key = '{}'"),
        ("database_url: its password", "database_url = 'postgresql://u:{}@db.example/d'"),
        ("broker_url: its password", "broker_url = 'amqp://u:{}@mq.example/'"),
    ],
)
@pytest.mark.parametrize(
    ("secret", "why"),
    [
        ("short-777", "shorter than 16 characters"),
        ("changeme", "it is a well-known example"),
        ("7" * 40, "it repeats few characters"),
    ],
)
def test_every_weak_secret_is_named_and_not_shown(
    tmp_path: Path, name: str, text: str, secret: str, why: str
) -> None:
    told = weaknesses(load(tmp_path, text.format(secret)))
    assert f"{name} is weak: {why}" in told
    assert not any(secret in line for line in told)
    strong = weaknesses(load(tmp_path, text.format(OTHER)))
    assert not any(line.startswith(f"{name} is weak") for line in strong)


def test_one_secret_in_two_places_is_pointed_out(tmp_path: Path) -> None:
    channels = "".join(f"[[channels]]\napp_key='{k}'\napp_secrets=['{OTHER}']\n" for k in "ab")
    told = weaknesses(load(tmp_path, f"[zzy]\nsign_key='{LONG}'\n{channels}"))
    same = "channel a: app_secrets number 1 and channel b: app_secrets number 1 are the same secret"
    assert same in told
    assert not any(OTHER in line or LONG in line for line in told)


def test_a_broker_elsewhere_without_a_password_is_pointed_out() -> None:
    told = weaknesses(Settings.model_validate({"broker_url": "amqp://mq.example/"}))
    assert any(line.startswith("broker_url: it names no password") for line in told)
    told = weaknesses(Settings.model_validate({"broker_url": "amqp://localhost/"}))
    assert not any(line.startswith("broker_url") for line in told)
