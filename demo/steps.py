"""The list of steps on the screen, ticked off as they are seen.

Why it exists: the demo counts as good only if every step was seen. It must not cause one.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich import box
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

STEP_SECONDS = 12.0
LOOK_SECONDS = 0.05


@dataclass
class Step:
    """One thing that must be seen."""

    title: str
    detail: str = ""
    seen_at: float | None = None
    missed: bool = False


class Steps:
    """Shows steps, and waits for each."""

    def __init__(self, console: Console) -> None:
        """Draw on ``console``; without a terminal each step is a line."""
        self._console = console
        self._parts: list[tuple[str, list[Step]]] = []
        self._live: Live | None = None
        self._began = time.monotonic()

    @contextmanager
    def on_screen(self) -> Iterator[None]:
        """Show the steps while the body runs."""
        try:
            yield
        finally:
            self._leave()

    @property
    def all_seen(self) -> bool:
        """Tell whether each step of every part that began was seen."""
        return all(step.seen_at is not None for _, steps in self._parts for step in steps)

    def part(self, title: str, steps: list[str]) -> None:
        """Begin a part with its steps, none of them seen yet; the last one stays as it is."""
        self._leave()
        self._parts.append((title, [Step(step) for step in steps]))
        self._began = time.monotonic()
        if not self._console.is_terminal:
            self._console.print(f"\n{title}", style="bold")
            return
        self._live = Live(self._draw(), console=self._console, refresh_per_second=12)
        self._live.start()

    async def see(self, look: Callable[[], Awaitable[str | None]]) -> str:
        """Wait until ``look`` returns the next step's detail.

        Raises TimeoutError: the step was not seen.
        """
        step = next(s for _, steps in self._parts for s in steps if s.seen_at is None)
        try:
            detail = await _until_seen(look)
        except TimeoutError:
            step.missed = True
            self._show(step)
            raise
        step.detail, step.seen_at = detail, time.monotonic() - self._began
        self._show(step)
        return detail

    def _leave(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _show(self, step: Step) -> None:
        self._redraw()
        if not self._console.is_terminal:
            self._console.print(_line(step), soft_wrap=True)

    def _redraw(self) -> None:
        if self._live is not None:
            self._live.update(self._draw())

    def _draw(self) -> Group:
        title, steps = self._parts[-1]
        table = Table(box=box.ROUNDED, show_header=False, title=title, title_justify="left")
        table.add_column(width=2)
        table.add_column(min_width=38)
        table.add_column(justify="right", width=8)
        table.add_column(min_width=52, overflow="fold")
        for step in steps:
            table.add_row(_mark(step), step.title, _time(step), Text(step.detail, "dim"))
        return Group(Text(""), table)


async def _until_seen(look: Callable[[], Awaitable[str | None]]) -> str:
    async with asyncio.timeout(STEP_SECONDS):
        while True:
            if (detail := await look()) is not None:
                return detail
            await asyncio.sleep(LOOK_SECONDS)


def _mark(step: Step) -> Text:
    if step.missed:
        return Text("✗", "bold red")
    return Text("✓", "bold green") if step.seen_at is not None else Text("·", "dim")


def _time(step: Step) -> str:
    return f"{step.seen_at:.2f} s" if step.seen_at is not None else ""


def _line(step: Step) -> Text:
    return Text.assemble(
        "  ", _mark(step), f" {step.title:<38} {_time(step):>8}  ", (step.detail, "dim")
    )
