"""What stands beside the code: containers, targets, pins."""

import re
import subprocess
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


def test_every_role_is_a_service(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert {"rabbitmq", "postgres", "migrate", "ingress", "saga", "relay", "console"} == set(
        services
    )
    for role in ("ingress", "saga", "relay", "console"):
        assert services[role]["command"][-1] == role
        assert services[role]["healthcheck"]["test"]


def test_every_secret_is_a_file_that_is_not_in_the_repository(compose: dict[str, Any]) -> None:
    used = set()
    for service in compose["services"].values():
        for secret in service.get("secrets", []):
            used.add(secret if isinstance(secret, str) else secret["source"])
    assert used == set(compose["secrets"])
    tracked = subprocess.run(
        ["git", "ls-files", "secrets"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert not tracked


def test_the_secrets_that_make_writes_fit_the_configuration(
    compose: dict[str, Any], tmp_path: Path
) -> None:
    script = ROOT / "docker" / "make-secrets"
    for _ in range(2):
        subprocess.run(["sh", str(script)], cwd=tmp_path, check=True, stdout=subprocess.PIPE)
    written = {path.name for path in (tmp_path / "secrets").iterdir()}
    assert set(compose["secrets"]) <= written
    text = (ROOT / "docker" / "bridge.toml").read_text("utf-8")
    file = tmp_path / "bridge.toml"
    file.write_text(text.replace("/run/secrets", str(tmp_path / "secrets")))
    settings = load_settings(file, {})
    password = (tmp_path / "secrets" / "postgres_password").read_text().strip()
    assert settings.database_url == f"postgresql://bridge:{password}@postgres:5432/bridge"
    assert settings.broker_url.startswith("amqp://bridge:")
    assert len(settings.channels[0].secrets[0]) == 48


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
