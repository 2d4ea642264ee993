"""Logging: one line an event, on stderr, as JSON or readable on a terminal.

Why it exists: stdout carries data only, and what libraries log through the standard
library leaves by the same door and the same redaction. It must not be called twice in
one process except by tests.
"""

import json
import logging
import sys
from collections.abc import Iterable
from typing import Final, TextIO

import structlog
from structlog.contextvars import bound_contextvars, merge_contextvars
from structlog.typing import Processor

from worker.telemetry.redaction import Redaction

log_context = bound_contextvars
"""``with log_context(order_num=…, correlation_id=…):`` names them in every line within."""

LEVELS: Final = {"debug": 10, "info": 20, "warning": 30, "error": 40}
LIBRARIES: Final = ("aiohttp.access", "aio_pika", "aiormq", "asyncio", "alembic", "sqlalchemy")
"""Their debug and info lines say little that ours do not."""
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str)


def set_up_logging(
    form: str = "auto",
    level: str = "info",
    *,
    secrets: Iterable[str] = (),
    stream: TextIO | None = None,
) -> None:
    """Log to ``stream`` (stderr) as ``json`` or ``console``; ``auto``: by whether it is a terminal.

    ``secrets`` are masked wherever they stand in a line.
    """
    out = stream or sys.stderr
    console = form == "console" or (form == "auto" and out.isatty())
    before: list[Processor] = [
        merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    after: list[Processor] = [
        structlog.processors.format_exc_info,
        Redaction(secrets),
        _renderer(console=console, colours=out.isatty()),
    ]
    structlog.configure(
        processors=[*before, *after],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.WriteLoggerFactory(file=out),
        cache_logger_on_first_use=True,
    )
    _take_standard_logging(out, before, after, level)


def _renderer(*, console: bool, colours: bool) -> Processor:
    if console:
        return structlog.dev.ConsoleRenderer(colors=colours)
    return structlog.processors.JSONRenderer(_dumps)


def _dumps(event: object, **_ignored: object) -> str:
    return _ENCODER.encode(event)


def _take_standard_logging(
    out: TextIO, before: list[Processor], after: list[Processor], level: str
) -> None:
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*before, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *after],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(LEVELS[level])
    for library in LIBRARIES:
        logging.getLogger(library).setLevel(max(LEVELS[level], logging.WARNING))
