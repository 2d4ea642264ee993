"""How many cores so many orders a second need: ``python -m tests.docs.sizing`` writes the table.

The costs stand in the page itself, where people renew them; this only multiplies.
"""

import math
import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "scaling.md"
RATES = (10, 1_000, 50_000)
CELL = 5_000
"""Orders a second that one RabbitMQ and one PostgreSQL are asked for at most."""
SPARE = 2.0
MEMBERS = 3
CONNECTIONS = 10
BEGIN, END = "<!-- begin of the sizing, written by make docs -->\n", "<!-- end of the sizing -->"
HEAD = (
    "| Orders a second | Cells | Own cores = processes | RabbitMQ, cores of all nodes "
    "| PostgreSQL, cores | Connections to PostgreSQL at most, a cell |\n|---|---|---|---|---|---|\n"
)


def costs(page: str) -> list[float]:
    """Return the milliseconds of CPU that an order costs: ours, RabbitMQ's, PostgreSQL's."""
    table = page.split("<!-- begin of the costs")[1].split("<!-- end of the costs", maxsplit=1)[0]
    own, rabbit, postgres = re.findall(r"\| (\d+\.\d+) \|", table)
    return [float(own), float(rabbit), float(postgres)]


def table(page: str) -> str:
    """Return the table that follows from the page's costs."""
    own, rabbit, postgres = costs(page)
    rows = []
    for rate in RATES:
        cells = math.ceil(rate / CELL)
        busy = [rate * cost / 1000 * SPARE for cost in (own, rabbit * MEMBERS, postgres)]
        cores = [max(math.ceil(one), 1) for one in busy]
        processes = math.ceil(cores[0] / cells)
        rows.append(
            f"| {rate:,} | {cells} | {cores[0]:,} | {cores[1]:,} | {cores[2]:,} "
            f"| {processes * CONNECTIONS:,} |\n"
        )
    return HEAD + "".join(rows)


def written(page: str) -> str:
    """Return the page with its table."""
    before, _, rest = page.partition(BEGIN)
    return before + BEGIN + table(page) + END + rest.partition(END)[2]


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
