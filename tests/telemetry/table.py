"""Writes the table of docs/metrics.md from the list of metrics; ``make docs`` runs it."""

import re
from pathlib import Path

from prometheus_client import Counter
from prometheus_client.metrics import MetricWrapperBase

from worker.telemetry import metrics

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "metrics.md"
BEGIN = "<!-- begin of the table, written by make docs -->\n"
END = "<!-- end of the table -->"


def all_metrics() -> dict[str, MetricWrapperBase]:
    """Return every metric of the list, by the name that Prometheus shows."""
    found = [one for one in vars(metrics).values() if isinstance(one, MetricWrapperBase)]
    return {one._name + ("_total" if isinstance(one, Counter) else ""): one for one in found}


def sections() -> list[tuple[str, list[str]]]:
    """Return the headings of the list, and the variables under each."""
    text = Path(metrics.__file__).read_text(encoding="utf-8")
    parts = re.split(r"^# --- (\S+) -+$", text, flags=re.MULTILINE)[1:]
    pairs = zip(parts[::2], parts[1::2], strict=True)
    return [(name, re.findall(r"^([A-Z_]+): Final", body, re.MULTILINE)) for name, body in pairs]


def table() -> str:
    """Return the whole table."""
    names = {id(one): name for name, one in all_metrics().items()}
    lines = ["| Metric | Type | Labels | What it says |", "|---|---|---|---|"]
    for heading, variables in sections():
        lines.append(f"| **{heading}** | | | |")
        for variable in variables:
            one = getattr(metrics, variable)
            labels = ", ".join(f"`{label}`" for label in one._labelnames)
            text = one._documentation.rstrip(".")
            lines.append(f"| `{names[id(one)]}` | {one._type} | {labels} | {text} |")
    return "\n".join(lines) + "\n"


def page(text: str) -> str:
    """Return the page with the table in its place."""
    before, rest = text.split(BEGIN)
    return before + BEGIN + table() + END + rest.split(END)[1]


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
