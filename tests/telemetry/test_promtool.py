"""Prometheus itself reads our rules and its own configuration, and runs the rules' unit tests."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.servers.install import can_install, install
from tests.telemetry.test_metrics import RULE_TESTS, RULES, panels, rules

pytestmark = pytest.mark.servers
FOLDER = RULES.parent


@pytest.fixture(scope="module")
def promtool() -> str:
    """Prometheus's checker, of Debian's package ``prometheus``."""
    if shutil.which("promtool") is None and can_install():
        install(["prometheus"])
    found = shutil.which("promtool")
    assert found, "promtool is missing: install Debian's package prometheus"
    return found


def run(promtool: str, *words: str, cwd: Path = FOLDER) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [promtool, *words], cwd=cwd, capture_output=True, text=True, check=False, timeout=60
    )


def test_the_rules_and_the_configuration_are_read(promtool: str) -> None:
    for words in (("check", "rules", RULES.name), ("check", "config", "prometheus.yml")):
        ran = run(promtool, *words)
        assert ran.returncode == 0, ran.stdout + ran.stderr


def test_every_rule_fires_where_it_should_and_nowhere_else(promtool: str) -> None:
    ran = run(promtool, "test", "rules", RULE_TESTS.name)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_rules_with_other_thresholds_are_noticed_each(promtool: str, tmp_path: Path) -> None:
    text = re.sub(
        r"(?:>|==|<=) [0-9.]+(?= |$)", "> 1e12", RULES.read_text("utf-8"), flags=re.MULTILINE
    )
    (tmp_path / RULES.name).write_text(text, "utf-8")
    shutil.copy(RULE_TESTS, tmp_path)
    ran = run(promtool, "test", "rules", RULE_TESTS.name, cwd=tmp_path)
    failed = set(re.findall(r"alertname: (\w+), time", ran.stdout + ran.stderr))
    assert failed == {rule["alert"] for rule in rules()}


def test_the_panels_ask_what_prometheus_understands(promtool: str, tmp_path: Path) -> None:
    asked = [target["expr"] for panel in panels() for target in panel["targets"]]
    asked = [text.replace("$__rate_interval", "5m").replace("$app_key", "k") for text in asked]
    asked_for = [{"record": f"panel:{n}", "expr": text} for n, text in enumerate(asked)]
    group = {"name": "panels", "rules": asked_for}
    (tmp_path / "panels.yml").write_text(yaml.safe_dump({"groups": [group]}), "utf-8")
    ran = run(promtool, "check", "rules", "panels.yml", cwd=tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert len(asked) > 40 > len(rules())
