"""What stands beside the code: containers, targets, pins."""

import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from worker.settings import load_settings

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
    return loaded


ROLES = ("ingress", "saga", "relay", "console")


def test_every_role_is_a_service_that_nothing_can_be_written_into(compose: dict[str, Any]) -> None:
    services = compose["services"]
    always = {name for name, service in services.items() if "profiles" not in service}
    assert always == {"rabbitmq", "postgres", "migrate", *ROLES}
    profiles = {tuple(service.get("profiles", ())) for service in services.values()}
    assert profiles == {(), ("demo",), ("observe",)}
    for role in ROLES:
        service = services[role]
        assert service["command"] == ["run", "--config", "/etc/ticketbridge/bridge.toml", role]
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
        assert "healthcheck" not in service, "the image has one"


def test_published_ports_are_the_machine_s_own_and_images_are_pinned(
    compose: dict[str, Any],
) -> None:
    for name, service in compose["services"].items():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ())), name
        image = service["image"]
        assert image == "ticketbridge" or re.search(r":v?\d+\.\d+", image), image
    (python,) = re.findall(r"^ARG PYTHON=(.*)$", text_of("Dockerfile"), re.MULTILINE)
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-\w+", python)


def text_of(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def test_the_linter_has_nothing_to_say_of_the_dockerfile() -> None:
    program = Path(sys.executable).with_name("hadolint")
    words = [str(program), "--failure-threshold", "info", "Dockerfile"]
    ran = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (0, ""), ran.stdout


def used(service: dict[str, Any]) -> set[str]:
    names = service.get("secrets", [])
    return {name if isinstance(name, str) else name["source"] for name in names}


def test_every_secret_is_a_file_that_is_not_in_the_repository(compose: dict[str, Any]) -> None:
    services = compose["services"].values()
    assert set().union(*map(used, services)) == set(compose["secrets"])
    tracked = subprocess.run(
        ["git", "ls-files", "secrets"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert not tracked


def test_each_role_has_its_own_login_and_the_ingress_no_database(compose: dict[str, Any]) -> None:
    services = compose["services"]
    for role in ROLES:
        logins = {secret for secret in used(services[role]) if secret.startswith("broker_url")}
        assert logins == {f"broker_url_{role}"}
        with_database = "database_url" in used(services[role])
        assert with_database is ("database" in services[role]["networks"]) is (role != "ingress")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make secrets` makes; a second time changes nothing."""
    folder = tmp_path_factory.mktemp("deployment")
    found = []
    for _ in range(2):
        words = [sys.executable, str(ROOT / "docker" / "make_secrets.py")]
        subprocess.run(words, cwd=folder, check=True, stdout=subprocess.PIPE)
        found.append({p.name: p.read_text() for p in (folder / "secrets").iterdir()})
    assert found[0] == found[1]
    return folder / "secrets"


@pytest.mark.parametrize("name", ["bridge.toml", "demo.toml"])
def test_the_secrets_that_make_writes_fit_the_configuration(
    name: str, compose: dict[str, Any], made: Path, tmp_path: Path
) -> None:
    assert set(compose["secrets"]) <= {path.name for path in made.iterdir()}
    own = tmp_path / "secrets"
    own.mkdir()
    for secret in ("zzy_sign_key", "channel_demo"):
        (own / secret).write_text((made / secret).read_text())
    (own / "broker_url").write_text((made / "broker_url_saga").read_text())
    file = tmp_path / name
    file.write_text(text_of(f"docker/{name}").replace("/run/secrets", str(own)))
    url = {"TICKETBRIDGE_DATABASE_URL_FILE": str(made / "database_url")}
    settings = load_settings(file, url)
    password = (made / "postgres_password").read_text().strip()
    assert settings.database_url == f"postgresql://bridge:{password}@postgres:5432/bridge"
    assert settings.broker_url.startswith("amqp://saga:")
    assert set(settings.broker_logins) == set(ROLES)
    assert len(settings.channels[0].secrets[0]) == 48


def test_rabbitmq_gets_hashes_of_the_passwords_and_only_known_logins(made: Path) -> None:
    definitions = json.loads((made / "rabbitmq_definitions.json").read_text())
    for user in definitions["users"]:
        password = (made / f"rabbitmq_password_{user['name']}").read_text().strip()
        kept = base64.b64decode(user["password_hash"])
        assert kept[4:] == hashlib.sha256(kept[:4] + password.encode()).digest()
        assert password not in json.dumps(definitions)
    allowed = {one["user"] for one in definitions["permissions"]}
    assert allowed == {user["name"] for user in definitions["users"]} == {"admin", "erp", *ROLES}


def test_prometheus_and_grafana_are_given_what_is_there(compose: dict[str, Any]) -> None:
    services = compose["services"]
    mounts = [mount for service in services.values() for mount in service.get("volumes", ())]
    files = [mount.split(":")[0] for mount in mounts if mount.startswith("./")]
    assert [name for name in files if not (ROOT / name).exists()] == []
    scraped = yaml.safe_load(text_of("docker/prometheus.yml"))["scrape_configs"][0]
    assert scraped["dns_sd_configs"][0]["names"] == list(ROLES)


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not on this machine")
@pytest.mark.parametrize(
    "unit", sorted((ROOT / "ops" / "systemd").glob("*.*er*")), ids=lambda u: u.name
)
def test_systemd_knows_every_word_of_the_units_and_finds_them_safe(unit: Path) -> None:
    ran = subprocess.run(
        ["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False
    )
    said = [line for line in ran.stderr.splitlines() if "is not executable" not in line]
    assert said == []
    if unit.suffix == ".service":
        words = ["systemd-analyze", "security", "--offline=yes", "--threshold=20", str(unit)]
        assert subprocess.run(words, capture_output=True, check=False).returncode == 0


def test_make_help_lists_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony is not None
    shown = subprocess.run(
        ["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert {line.split()[1] for line in shown.splitlines()} == set(phony[1].split())


def test_every_requirement_is_pinned_exactly() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        for line in (ROOT / name).read_text("utf-8").splitlines():
            if line and not line.startswith(("#", "-r ")):
                assert re.fullmatch(r"[A-Za-z0-9_.-]+==[A-Za-z0-9.]+", line), line


def test_every_lint_exception_has_a_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    assert tomllib.loads(text)["tool"]["ruff"]["lint"]["select"] == ["ALL"]
    block = text[text.index("\nignore = [") : text.index("[tool.ruff.lint.per-file-ignores]")]
    for line in block.splitlines()[2:]:
        if line.strip().startswith('"') and line.count('"') == 2:
            assert "#" in line, line
