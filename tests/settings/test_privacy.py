"""Keys are 32 bytes however they are written; a wrong one is named, and never shown."""

import base64
from pathlib import Path

import pytest

from worker.errors import SettingsError
from worker.settings import Settings, load_settings, weaknesses

KEY = bytes(range(0, 256, 8))
DRAWN = bytes.fromhex("8f1d0c77a2b9e45d3361f0c81e9a7b5246d3af10993ce8b7552f04d8616e0bca")


def load(folder: Path, keys: str) -> Settings:
    (folder / "bridge.toml").write_text(f"[privacy]\n{keys}\n", encoding="utf-8")
    return load_settings(folder / "bridge.toml", {})


@pytest.mark.parametrize(
    "written",
    [
        DRAWN.hex(),
        DRAWN.hex().upper(),
        base64.b64encode(DRAWN).decode(),
        base64.urlsafe_b64encode(DRAWN).decode(),
        base64.b64encode(DRAWN).decode().rstrip("="),
    ],
)
def test_a_key_is_read_as_hex_and_as_base64(tmp_path: Path, written: str) -> None:
    assert load(tmp_path, f"encryption_keys = ['{written}']").privacy.keys == (DRAWN,)


@pytest.mark.parametrize("written", ["", "7773777", DRAWN.hex()[2:], "é" * 44, "A" * 88])
def test_a_wrong_key_is_refused_by_its_number_and_not_shown(tmp_path: Path, written: str) -> None:
    good = DRAWN.hex()
    with pytest.raises(SettingsError, match="number 2 is not 32 bytes") as caught:
        load(tmp_path, f"encryption_keys = ['{good}', '{written}']")
    assert "privacy.encryption_keys" in str(caught.value)
    assert good not in str(caught.value)
    assert not written or written not in str(caught.value)


def test_keys_come_from_a_file_one_a_line(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text(f"{DRAWN.hex()}\n\n{KEY.hex()}\n", encoding="utf-8")
    assert load(tmp_path, "encryption_keys_file = 'keys'").privacy.keys == (DRAWN, KEY)
    environment = {"TICKETBRIDGE_PRIVACY__ENCRYPTION_KEYS_FILE": str(tmp_path / "keys")}
    assert load_settings(None, environment).privacy.keys == (DRAWN, KEY)


@pytest.mark.parametrize(
    ("key", "why"),
    [
        (b"\0" * 32, "it repeats few bytes"),
        (bytes(range(32)), "its bytes only count"),
        (KEY, "its bytes only count"),
        (b"correct horse battery staple 42!", "it is text that somebody typed"),
        (DRAWN, ""),
    ],
)
def test_a_key_that_nobody_drew_is_warned_about(tmp_path: Path, key: bytes, why: str) -> None:
    said = weaknesses(load(tmp_path, f"encryption_keys = ['{key.hex()}']"))
    told = [line for line in said if line.startswith("privacy.encryption_keys number 1 is weak")]
    assert told == ([f"privacy.encryption_keys number 1 is weak: {why}"] if why else [])
    assert key.hex() not in " ".join(said)
