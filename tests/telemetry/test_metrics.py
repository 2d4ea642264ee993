"""The list of metrics keeps to the conventions, and every page, panel and rule to the list."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.parser import text_string_to_metric_families

from tests.telemetry import table
from worker.telemetry import metrics

ROOT = Path(__file__).parents[2]
RULES = ROOT / "ops" / "prometheus" / "ticketbridge.rules.yml"
RULE_TESTS = ROOT / "ops" / "prometheus" / "ticketbridge.rules.test.yml"
DASHBOARD = ROOT / "ops" / "grafana" / "ticketbridge.json"
ALL = table.all_metrics()
BASE_UNITS = ("_seconds", "_bytes", "_yuan", "_ratio", "_info", "_state")
COUNTED = ("_messages", "_consumers", "_human", "_open", "_unsent", "_down", "_paused", "_ready")
BOUNDED = {
    *("route", "code", "app_key", "queue", "outcome", "event", "phase", "endpoint", "type", "kind"),
    *("version", "severity"),
}
"""What a label may be of: each a small set that does not grow with the orders."""


def metrics_of(expression: str) -> set[str]:
    """Return the names that an expression asks for, as the list names them."""
    names = re.findall(r"\bticketbridge_\w+", expression)
    return {re.sub(r"_(bucket|count|sum)$", "", name) for name in names}


def panels() -> list[dict[str, Any]]:
    return [one for one in json.loads(DASHBOARD.read_text("utf-8"))["panels"] if "targets" in one]


def rules() -> list[dict[str, Any]]:
    loaded = yaml.safe_load(RULES.read_text("utf-8"))
    return [rule for group in loaded["groups"] for rule in group["rules"]]


@pytest.mark.parametrize("name", ALL)
def test_a_name_says_what_is_counted_in_which_unit(name: str) -> None:
    one = ALL[name]
    assert re.fullmatch(r"ticketbridge_[a-z_]+", name)
    assert set(one._labelnames) <= BOUNDED
    if isinstance(one, Counter):
        assert name.endswith("_total")
    elif isinstance(one, Histogram):
        assert name.endswith("_seconds")
    else:
        assert isinstance(one, Gauge)
        assert name.endswith(BASE_UNITS + COUNTED)


def test_what_is_shown_is_what_is_listed() -> None:
    body, _ = metrics.exposition()
    families = {family.name: family for family in text_string_to_metric_families(body.decode())}
    names = {name for name in families if name.startswith("ticketbridge_")}
    ours = {name for name in names if not name.endswith("_created")}
    assert ours == {name.removesuffix("_total") for name in ALL}
    for name in ours:
        assert families[name].documentation.endswith((".", ")"))


def test_the_page_lists_every_metric_as_it_is() -> None:
    text = table.PAGE.read_text("utf-8")
    assert table.page(text) == text, "run make docs"
    assert all(f"| `{name}` |" in text for name in ALL)
    under_a_heading = [name for _, names in table.sections() for name in names]
    assert len(under_a_heading) == len(ALL)


def test_every_panel_and_every_rule_asks_for_metrics_that_there_are() -> None:
    asked = {target["expr"] for panel in panels() for target in panel["targets"]}
    asked |= {rule["expr"] for rule in rules()}
    named = {name for expression in asked for name in metrics_of(expression)}
    assert named <= set(ALL)
    shown = {name for one in panels() for t in one["targets"] for name in metrics_of(t["expr"])}
    assert set(ALL) - shown == set(), "not on the dashboard"


def test_every_label_that_is_asked_for_exists() -> None:
    for expression in {target["expr"] for panel in panels() for target in panel["targets"]} | {
        rule["expr"] for rule in rules()
    }:
        for name, selector in re.findall(r"\b(ticketbridge_\w+)\{([^}]*)\}", expression):
            (metric,) = metrics_of(name)
            labels = set(re.findall(r'(\w+)(?:=~|!~|!=|=)"', selector))
            assert labels <= set(ALL[metric]._labelnames), expression


def test_no_two_panels_cover_each_other() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in json.loads(DASHBOARD.read_text("utf-8"))["panels"]:
        at = panel["gridPos"]
        columns, lines = range(at["x"], at["x"] + at["w"]), range(at["y"], at["y"] + at["h"])
        cells = {(x, y) for x in columns for y in lines}
        assert not cells & taken, panel["title"]
        assert max(columns) < 24
        taken |= cells


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_every_rule_is_tested_both_ways_and_leads_to_its_section(rule: dict[str, Any]) -> None:
    checks = [
        check
        for test in yaml.safe_load(RULE_TESTS.read_text("utf-8"))["tests"]
        for check in test["alert_rule_test"]
        if check["alertname"] == rule["alert"]
    ]
    assert {bool(check["exp_alerts"]) for check in checks} == {True, False}
    assert rule["labels"]["severity"] in {"warning", "critical"}
    page, anchor = rule["annotations"]["runbook"].split("#")
    headings = re.findall(r"^#+ (.+)$", (ROOT / page).read_text("utf-8"), re.MULTILINE)
    assert anchor in {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in headings}
