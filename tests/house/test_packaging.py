"""What is installed from a wheel is all that there is, without the source tree."""

import re
import shutil
import subprocess
import sys
import time
import tomllib
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from contracts.catalogue import CATALOGUE
from tests.e2e.bridge import clean_environment, free_port
from worker.store.tables import HEAD

ROOT = Path(__file__).parents[2]
SOURCES = ("Makefile", "README.md", "requirements.txt", "pyproject.toml", "contracts", "worker")
CACHES = shutil.ignore_patterns("__pycache__", "build", "*.egg-info")
CONTRACTS = """
import json, pathlib, ticketbridge_contracts as package
from ticketbridge_contracts.catalogue import CATALOGUE
folder = pathlib.Path(package.__file__).parent
for entry in CATALOGUE.values():
    assert json.loads((folder / "schemas" / f"{entry.type}.json").read_text())["properties"]
"""
READ_AGAIN = """
from ticketbridge_contracts.envelope import unwrap
assert unwrap(CancelOrderCommand, body).data == command
"""


def project(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))


def test_both_wheels_have_one_version_and_the_change_log_tells_of_it() -> None:
    version = project(ROOT)["project"]["version"]
    assert project(ROOT / "contracts")["project"]["version"] == version
    told = re.findall(r"^## (\S+)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert version == next(name for name in told if name != "Unreleased")


def test_every_file_beside_the_code_is_packed() -> None:
    packed = project(ROOT)["tool"]["setuptools"]["package-data"]
    alone = project(ROOT / "contracts")["tool"]["setuptools"]["package-data"]
    assert alone["ticketbridge_contracts"] == packed["contracts"]
    tracked = subprocess.run(
        ["git", "ls-files", "worker", "contracts"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    found = {
        str(path.relative_to(ROOT))
        for package, patterns in packed.items()
        for pattern in patterns
        for path in (ROOT / package).glob(pattern)
    }
    data = {name for name in tracked if not name.endswith((".py", "pyproject.toml", "README.md"))}
    released = {name for name in data if name.startswith("contracts/released/")}
    assert data - released - found == set()


def test_the_version_tells_schema_and_protocols() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "worker", "--version"],
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=60,
    ).stdout  # fmt: skip
    assert f"ticketbridge {project(ROOT)['project']['version']}\n" in shown
    assert f"migration {HEAD}" in shown
    for name in CATALOGUE:
        family, _, rest = name.partition(".")
        assert re.search(rf"^messages: {family}: .*\b{re.escape(rest)}\b", shown, re.MULTILINE)


def run(*words: str | Path, folder: Path) -> str:
    done = subprocess.run(
        [str(word) for word in words], cwd=folder, env=clean_environment(),
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:] + done.stdout[-1000:]
    return done.stdout


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """``make dist`` in a copy of the sources alone."""
    copy = tmp_path_factory.mktemp("sources")
    for name in SOURCES:
        one = ROOT / name
        if one.is_dir():
            shutil.copytree(one, copy / name, ignore=CACHES)
        else:
            shutil.copy(one, copy)
    run("make", "-s", "dist", f"PY={sys.executable}", "-o", ".venv/bin/python", folder=copy)
    return {path.name.partition("-")[0]: path for path in (copy / "dist").glob("*.whl")}


def installed(wheel: Path, folder: Path) -> Path:
    """Return the programs of a fresh environment that holds this wheel and what it needs."""
    run(sys.executable, "-m", "venv", folder / "venv", folder=folder)
    bin_ = folder / "venv" / "bin"
    run(bin_ / "python", "-m", "pip", "install", "--quiet", "--no-compile", wheel, folder=folder)
    return bin_


@pytest.mark.acceptance
@pytest.mark.timeout(600)
def test_the_wheel_runs_alone(wheels: dict[str, Path], tmp_path: Path) -> None:
    bin_ = installed(wheels["ticketbridge"], tmp_path)
    place = tmp_path / "place"
    place.mkdir()
    shown = run(bin_ / "ticketbridge", "--version", folder=place)
    assert shown.startswith(f"ticketbridge {project(ROOT)['project']['version']}\n")
    run(bin_ / "ticketbridge", "migrate", folder=place)
    ports = free_port(), free_port()
    text = f"[ingress]\nport = {ports[0]}\n[console]\nport = {ports[1]}\n"
    (place / "bridge.toml").write_text(text)
    with (place / "log").open("wb") as log:
        process = subprocess.Popen(
            [str(bin_ / "ticketbridge"), "run", "--config", "bridge.toml"],
            cwd=place, env=clean_environment(), stdout=log, stderr=log,
        )  # fmt: skip
    try:
        assert b'"ready"' in fetched(f"http://127.0.0.1:{ports[0]}/readyz")
        page = fetched(f"http://127.0.0.1:{ports[1]}/").decode()
        assert "ticketbridge" in page
        for asset in re.findall(r'(?:href|src)="(/static/[^"]+)"', page):
            assert fetched(f"http://127.0.0.1:{ports[1]}{asset}")
    finally:
        process.terminate()
        code = process.wait(20)
    assert code == 0, (place / "log").read_text()[-3000:]


def fetched(url: str) -> bytes:
    """Return what is answered, as soon as somebody does."""
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310
                return bytes(answer.read())
        except (urllib.error.URLError, ConnectionError):
            assert time.monotonic() < deadline, url
            time.sleep(0.1)


@pytest.mark.acceptance
@pytest.mark.timeout(600)
def test_the_contracts_need_pydantic_alone(wheels: dict[str, Path], tmp_path: Path) -> None:
    bin_ = installed(wheels["ticketbridge_contracts"], tmp_path)
    listed = run(bin_ / "python", "-m", "pip", "list", "--format=freeze", folder=tmp_path)
    names = {line.partition("==")[0].lower().replace("-", "_") for line in listed.split()}
    assert names - {"pip", "setuptools", "wheel"} == {
        "ticketbridge_contracts", "pydantic", "pydantic_core", "annotated_types",
        "typing_extensions", "typing_inspection",
    }  # fmt: skip
    run(bin_ / "python", "-c", CONTRACTS, folder=tmp_path)
    guide = (ROOT / "contracts" / "README.md").read_text("utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    run(bin_ / "python", "-c", example + READ_AGAIN, folder=tmp_path)
