"""The configuration file, the environment, and what is said about mistakes in them."""

import re
from pathlib import Path

import pytest
from pydantic import SecretStr

from worker.errors import SettingsError
from worker.settings import Settings, load_settings, weaknesses
from worker.settings.section import Section

EXAMPLE = Path(__file__).parents[2] / "bridge.example.toml"
LONG = "0123456789abcdef0123456789abcdef"
DRAWN = "8f1d0c77a2b9e45d3361f0c81e9a7b5246d3af10993ce8b7552f04d8616e0bca"


def load(tmp_path: Path, text: str, **environment: str) -> Settings:
    file = tmp_path / "bridge.toml"
    file.write_text(text, encoding="utf-8")
    return load_settings(file, environment)


def mistake(tmp_path: Path, text: str, **environment: str) -> str:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, text, **environment)
    return str(caught.value)


def test_without_a_file_the_embedded_defaults_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load_settings(environment={})
    assert settings.sqlite_path == tmp_path / "var/bridge.db"
    assert settings.embedded_path == settings.sqlite_path
    assert settings.ingress.port == 9100
    assert settings.saga.pay_deadline_seconds == 600


def test_the_example_loads_and_shows_every_setting() -> None:
    settings = load_settings(EXAMPLE, {})
    assert settings.channels[0].notify_urls.check == "https://channel.example/check"
    assert settings.products[0].zzy_product_id == 11063
    words = set(re.findall(r"\w+", EXAMPLE.read_text(encoding="utf-8")))
    assert _all_keys(Settings) - {"folder"} <= words


def test_what_the_example_comments_out_are_the_defaults(tmp_path: Path) -> None:
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    shown = re.compile(r"# (\[?[a-z_.]+\]?)( = .*)?$|# \[zzy\.\w+\]")
    text = "\n".join(line[2:] if shown.match(line) else line for line in lines)
    settings = load(tmp_path, text)
    defaults = load_settings(environment={})
    assert settings.zzy.patterns == defaults.zzy.patterns
    assert settings.saga == defaults.saga
    assert settings.relay == defaults.relay
    assert settings.log == defaults.log
    assert settings.ingress.body_limit_bytes == defaults.ingress.body_limit_bytes


def _all_keys(model: type[Section]) -> set[str]:
    names = set(model.model_fields)
    for field in model.model_fields.values():
        for kind in (field.annotation, *getattr(field.annotation, "__args__", ())):
            if isinstance(kind, type) and issubclass(kind, Section):
                names |= _all_keys(kind)
    return names


def test_an_unknown_key_is_refused_with_the_nearest_known_name(tmp_path: Path) -> None:
    said = mistake(tmp_path, "[saga]\npay_dedline_seconds = 3\n")
    assert said == (
        f"{tmp_path}/bridge.toml: unknown key saga.pay_dedline_seconds: "
        "did you mean pay_deadline_seconds?"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("databas_url = 'x'", "unknown key databas_url: did you mean database_url?"),
        ("[sagas]\n", "unknown key sagas: did you mean saga?"),
        ("folder = '/'", "unknown key folder"),
        (
            "[[channels]]\napp_key='k'\nnotify_ulr='x'",
            "unknown key channels[0].notify_ulr: did you mean notify_url?",
        ),
        (
            "[[channels]]\napp_key='k'\n[channels.notify_urls]\nvouchr='x'",
            "unknown key channels[0].notify_urls.vouchr: did you mean voucher?",
        ),
        ("[zzy]\nsign_key_fil='x'", "unknown key zzy.sign_key_fil: did you mean sign_key_file?"),
    ],
)
def test_unknown_keys_at_every_depth(tmp_path: Path, text: str, expected: str) -> None:
    assert expected in mistake(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[ingress]\nport = 'x'", "ingress.port: "),
        ("[ingress]\nport = 'x'", "(got 'x')"),
        ("[saga]\nunknown_retry_delays = ['1s', '2x']", "saga.unknown_retry_delays[1]: not a dur"),
        ("[saga]\nreply_wait_seconds = -1", "saga.reply_wait_seconds: "),
        ("[saga]\nreply_wait_seconds = true", "saga.reply_wait_seconds: not a duration"),
        ("saga = 3", "saga: "),
        ("database_url = 'mysql://x'", "database_url: must begin with sqlite:/// or postgresql://"),
        ("broker_url = 'kafka://x'", "broker_url: must be embedded:"),
        ("[[channels]]\nname = 'x'", "channels[0].app_key is missing"),
        ("[[channels]]\napp_key='k'\n[[channels]]\napp_key='k'", "app_key k stands there more"),
        ("[[channels]]\napp_key='k'\napp_secrets='one'", "channels[0].app_secrets: "),
        ("[zzy.paths]\npay = 'order/pay'", "zzy.paths.pay: not a path"),
        ("[zzy.paths]\npey = '/order/pay'", "zzy.paths.pey"),
        ("[ingress]\ncallback_allow = ['10.0.0.0/33']", "ingress.callback_allow[0]: "),
        ("[zzy.patterns.codes]\n'余额' = 39", "zzy.patterns.codes.余额: "),
        ("= 3", "not TOML"),
    ],
)
def test_wrong_values_are_refused_by_name(tmp_path: Path, text: str, expected: str) -> None:
    said = mistake(tmp_path, text)
    assert expected in said
    assert "bridge.toml" in said


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.toml: cannot be read: No such file"):
        load_settings(tmp_path / "none.toml", {})


@pytest.mark.parametrize(
    "text",
    [
        "[zzy]\nsign_key = 7773777\n",
        "[[channels]]\napp_key='k'\napp_secrets='7773777'\n",
        "[[channels]]\napp_key='k'\napp_secrets=[['7773777']]\n",
        "[privacy]\nencryption_keys=7773777\n",
        "[catalogue]\npurchase_key=7773777\n",
        "database_url='mysql://user:7773777@host/'\n",
        "broker_url='kafka://user:7773777@host/'\n",
    ],
)
def test_no_mistake_shows_a_secret(tmp_path: Path, text: str) -> None:
    assert "7773777" not in mistake(tmp_path, text)


def test_no_secret_is_shown_by_printing_the_settings(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        "database_url='postgresql://u:7773777@h/d'\nbroker_url='amqp://u:7773777@h/'\n"
        "[zzy]\nsign_key='7773777'\n[[channels]]\napp_key='k'\napp_secrets=['7773777']\n"
        f"[privacy]\nencryption_keys=['{'7773777'.ljust(64, 'a')}']\n",
    )
    assert "7773777" not in f"{settings!r} {settings}"
    assert "7773777" not in " ".join(weaknesses(settings))
    assert settings.channels[0].secrets == ("7773777",)


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        "[saga]\nreply_wait_seconds = 5\npay_deadline_seconds = 60\n",
        TICKETBRIDGE_DATABASE_URL="postgresql://h/d",
        TICKETBRIDGE_SAGA__REPLY_WAIT_SECONDS="2m",
        TICKETBRIDGE_ZZY__SIGN_KEY="key",
        TICKETBRIDGE_CHANNELS='[{"app_key": "k", "app_secrets": ["s"]}]',
        TICKETBRIDGE_TEST_AMQP_URL="ignored",
    )
    assert settings.database_url == "postgresql://h/d"
    assert settings.sqlite_path is None
    assert (settings.saga.reply_wait_seconds, settings.saga.pay_deadline_seconds) == (120, 60)
    assert settings.zzy.sign_keys == ("key",)
    assert settings.channels[0].secrets == ("s",)


def test_a_mistake_in_the_environment_names_the_variable(tmp_path: Path) -> None:
    assert mistake(tmp_path, "", TICKETBRIDGE_SAGA__REPLY_WAITS="3") == (
        "TICKETBRIDGE_SAGA__REPLY_WAITS: unknown key saga.reply_waits: "
        "did you mean reply_wait_seconds?"
    )
    assert mistake(tmp_path, "", TICKETBRIDGE_INGRESS__PORT="x").startswith(
        "TICKETBRIDGE_INGRESS__PORT: ingress.port: "
    )
    assert mistake(tmp_path, "", TICKETBRIDGE_CHANNELS="[7773777") == (
        "TICKETBRIDGE_CHANNELS: not JSON: Expecting ',' delimiter"
    )


def test_secrets_come_from_files(tmp_path: Path) -> None:
    (tmp_path / "zzy").write_text("the key\n")
    (tmp_path / "channel").write_text("new\nold\n")
    (tmp_path / "database").write_text("postgresql://h/d\n")
    settings = load(
        tmp_path,
        "[zzy]\nsign_key_file = 'zzy'\n[[channels]]\napp_key='k'\napp_secrets_file='channel'\n",
        TICKETBRIDGE_DATABASE_URL_FILE=str(tmp_path / "database"),
    )
    assert settings.zzy.sign_key == SecretStr("the key")
    assert settings.channels[0].secrets == ("new", "old")
    assert settings.database_url == "postgresql://h/d"


def test_a_secret_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    said = mistake(tmp_path, "[zzy]\nsign_key_file = 'none'\n")
    assert "sign_key_file" in said
    assert f"{tmp_path}/none cannot be read" in said
    assert "both sign_key" in mistake(tmp_path, "[zzy]\nsign_key='a'\nsign_key_file='b'\n")


def test_paths_begin_at_the_file(tmp_path: Path) -> None:
    settings = load(tmp_path, "database_url = 'sqlite:///data/x.db'")
    assert settings.sqlite_path == tmp_path / "data/x.db"
    settings = load(tmp_path, "database_url = 'sqlite:////data/x.db'\nbroker_url='embedded:b.db'")
    assert settings.sqlite_path == Path("/data/x.db")
    assert settings.embedded_path == tmp_path / "b.db"
    settings = load(tmp_path, "database_url = 'postgresql://h/d'")
    assert settings.embedded_path == tmp_path / "var/bridge.db"
    assert load(tmp_path, "broker_url = 'amqp://h/'").embedded_path is None


def test_durations(tmp_path: Path) -> None:
    settings = load(tmp_path, "[relay]\nretry_delays = ['500ms', 1, '1.5m', '2h', '1d', '7']")
    assert settings.relay.retry_delays == (0.5, 1, 90, 7_200, 86_400, 7)


def test_weaknesses_are_told_one_by_one(tmp_path: Path) -> None:
    said = weaknesses(load_settings(EXAMPLE, {}))
    assert said == [
        "zzy.sign_key is weak: it is a well-known example",
        "channel k: app_secrets number 1 is weak: it is a well-known example",
        "privacy.encryption_keys is empty: names and id cards are stored plain",
    ]
    strong = load(
        tmp_path,
        f"[zzy]\nsign_key='{LONG}'\n[privacy]\nencryption_keys=['{DRAWN}']\n[[channels]]\n"
        f"app_key='k'\napp_secrets=['{LONG[::-1]}']\nnotify_url='https://c.example/n'\n",
    )
    assert weaknesses(strong) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "zzy.sign_key is missing"),
        ("", "channels is empty"),
        ("[[channels]]\napp_key='k'", "app_secrets is empty"),
        ("[[channels]]\napp_key='k'", "no notify_url"),
        ("[[channels]]\napp_key='k'\nnotify_url='http://c.example/'", "is not https"),
        ("[[channels]]\napp_key='k'\nenvelope='plain'", "envelope is plain"),
        (f"[zzy]\nsign_key='{'a' * 40}'", "repeats few characters"),
        ("[zzy]\nbase_url='http://zzy.example'", "zzy.base_url is not https"),
        ("database_url='postgresql://u:short@db.example/d'", "database_url: its password is weak"),
    ],
)
def test_each_weakness(tmp_path: Path, text: str, expected: str) -> None:
    assert any(expected in line for line in weaknesses(load(tmp_path, text)))


def test_upstreams_that_cannot_do_what_their_entry_says_are_pointed_out() -> None:
    channels = [{"app_key": "k", "app_secrets": ["s"]}]
    upstreams = [{"user": "erp", "channels": ["k", "kk"]}, {"user": "guest", "channels": ["k"]}]
    values = {"channels": channels, "upstreams": upstreams}
    found = weaknesses(Settings.model_validate({**values, "broker_url": "amqp://host/"}))
    assert "upstream erp: there is no channel kk" in found
    assert [line for line in found if line.startswith("upstream guest: our own login")]


@pytest.mark.parametrize(("value", "word"), [(True, "true"), (False, "false"), ("auto", "auto")])
def test_events_take_tomls_words_and_the_environments(value: object, word: str) -> None:
    assert Settings.model_validate({"events": {"publish": value}}).events.publish == word
