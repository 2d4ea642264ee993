"""What was released stays as it was, and today's schemas keep its promises."""

import json
import shutil
from pathlib import Path

import pytest

from contracts import release
from contracts.export import FOLDER


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for part in ("schemas", "released"):
        shutil.copytree(FOLDER / part, tmp_path / part)
    return tmp_path


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def test_no_promise_of_a_released_version_is_broken() -> None:
    assert release.breaches() == []
    assert release.unsealed() == []
    assert [version.name for version in release.versions()][:1] == ["0.1.0"]


def test_every_schema_has_a_direction_but_those_of_zzy() -> None:
    names = [path.stem for path in (FOLDER / "schemas").glob("*.json")]
    without = [name for name in names if release.direction_of(name) is None]
    assert all(name.startswith("zzy.") for name in without)
    assert release.direction_of("zzy.notice.v1") == "both"
    assert release.direction_of("channel.CheckNotification") == "told"
    assert release.direction_of("channel.CreateOrder") == "accepted"


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("order.cancel.v1", '"order_num"', '"order_number"'),
        ("channel.CheckNotification", '"check_time"', '"checked_at"'),
        ("channel.Answer", '"9003"', '"9005"'),
        ("channel.CreateOrder", '"maxLength": 128', '"maxLength": 64'),
        ("zzy.notice.v1", '"type": "integer"', '"type": "string"'),
    ],
)
def test_a_breaking_change_to_a_released_type_is_refused(
    folder: Path, name: str, old: str, new: str
) -> None:
    change(folder / f"schemas/{name}.json", old, new)
    assert any(f"0.1.0 {name} " in line for line in release.breaches(folder))
    with pytest.raises(ValueError, match="a promise is broken"):
        release.release("99.0.0", folder)


def test_a_released_type_cannot_vanish(folder: Path) -> None:
    (folder / "schemas/order.create.v1.json").unlink()
    held = [v.name for v in release.versions(folder) if (v / "order.create.v1.json").exists()]
    assert "0.1.0" in held
    assert release.breaches(folder) == [f"{version} order.create.v1: is gone" for version in held]


def test_what_was_released_cannot_be_rewritten(folder: Path) -> None:
    change(folder / "released/0.1.0/channel.Answer.json", "9003", "9005")
    (folder / "released/0.1.0/order.cancel.v1.json").unlink()
    (folder / "released/0.1.0/more.json").write_text("{}")
    found = ["channel.Answer.json", "more.json", "order.cancel.v1.json"]
    assert release.unsealed(folder) == [f"0.1.0/{name}" for name in found]


def test_a_release_keeps_what_is_new_and_binds_from_then_on(folder: Path) -> None:
    path = folder / "schemas/channel.Brand.json"
    path.write_text((folder / "schemas/order.event.v1.json").read_text("utf-8"), "utf-8")
    change(path, '"paid"', '"payed"')
    assert release.breaches(folder) == [], "no version holds it yet"
    kept = release.release("99.0.0", folder)
    assert "channel.Brand.json" in kept
    assert "order.cancel.v1.json" not in kept, "it is in 0.1.0 in the same words"
    assert not [name for name in kept if name.startswith("zzy.")]
    assert release.unsealed(folder) == []
    change(path, '"payed"', '"paid"')
    assert any("99.0.0 channel.Brand" in line for line in release.breaches(folder))
    with pytest.raises(ValueError, match="never changed"):
        release.release("99.0.0", folder)


def test_the_sealed_files_are_json() -> None:
    for version in release.versions():
        for path in version.glob("*.json"):
            assert json.loads(path.read_text("utf-8"))["title"] == path.stem
