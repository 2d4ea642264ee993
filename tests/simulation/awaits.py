"""Every await between a receive and its acknowledgement, as it stands in the code.

docs/reliability.md has a row for each of them; a test compares.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]

WAYS: dict[str, tuple[str, ...]] = {
    "worker/ingress/channel_api.py": ("_answer",),
    "worker/ingress/channel_commands.py": (
        "create_order",
        "_unheard",
        "cancel_order",
        "refund_order",
        "resend_voucher",
        "_ask",
    ),
    "worker/ingress/zzy_webhook.py": ("notify", "_quarantine"),
    "worker/ingress/sending.py": ("send", "_ask"),
    "worker/runtime/door.py": ("admit", "refuse", "_refuse_user"),
    "worker/runtime/commands.py": ("handle", "_take", "_order", "_product", "_apply", "_unheard"),
    "worker/runtime/queries.py": ("handle",),
    "worker/runtime/notices.py": ("handle", "_take"),
    "worker/runtime/handle.py": ("take", "_commit", "_perform", "_perform_replies"),
    "worker/runtime/timers.py": ("poll", "_fire"),
    "worker/runtime/outbox.py": ("_publish", "_note_sent", "_mark", "sweep", "_take_up"),
    "worker/relay/handler.py": ("handle", "_deliver", "_record"),
    "worker/sms/handler.py": ("handle", "_text", "_was_sent", "_record", "_reply"),
    "worker/deadletters/drain.py": ("handle", "_named"),
    "worker/deadletters/settling.py": ("handle",),
    "worker/broker/embedded_consumer.py": ("_refill", "_handle"),
}
"""The functions on the way, by file."""


@dataclass(frozen=True, order=True)
class Await:
    """One place where a worker may die."""

    module: str
    function: str
    what: str


def awaits() -> Iterator[Await]:
    """Return every await of these functions, in the order of the code."""
    for path, names in WAYS.items():
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        found = {n.name: n for n in ast.walk(tree) if isinstance(n, ast.AsyncFunctionDef)}
        for name in names:
            for what in dict.fromkeys(what for what, _, _ in _of(found[name])):
                yield Await(_module(path), name, what)


Points = dict[tuple[str, str], list[tuple[range, Await]]]


def points() -> Points:
    """Return the awaits by file and function, and the lines on which each stands."""
    found: Points = {}
    for path, names in WAYS.items():
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        module = _module(path)
        for node in ast.walk(tree):
            if isinstance(node, ast.AsyncFunctionDef) and node.name in names:
                found[str(ROOT / path), node.name] = [
                    (range(first, last + 1), Await(module, node.name, what))
                    for what, first, last in _of(node)
                ]
    return found


def at(place: Await) -> Points:
    """Return where one await stands, as :func:`points` does for all."""
    found = {key: [one for one in there if one[1] == place] for key, there in points().items()}
    return {key: there for key, there in found.items() if there}


def suspended(task: Any, known: Points) -> set[Await]:  # noqa: ANN401
    """Return the awaits at which a task stands, the outermost and all within."""
    found, inner = set(), task.get_coro()
    while inner is not None:
        code = getattr(inner, "cr_code", None)
        frame = getattr(inner, "cr_frame", None)
        if code is not None and frame is not None:
            for lines, one in known.get((code.co_filename, code.co_name), ()):
                if frame.f_lineno in lines:
                    found.add(one)
        inner = getattr(inner, "cr_await", None)
    return found


def _module(path: str) -> str:
    return path.removeprefix("worker/").removesuffix(".py").replace("/", ".")


def _of(function: ast.AsyncFunctionDef) -> Iterator[tuple[str, int, int]]:
    for node in ast.walk(function):
        if isinstance(node, ast.Await):
            yield _called(node.value), node.lineno, node.end_lineno or node.lineno
        elif isinstance(node, ast.AsyncWith):
            for item in node.items:
                yield f"async with {_called(item.context_expr)}", node.lineno, node.lineno


def _called(node: ast.expr) -> str:
    """Return what is awaited without its arguments."""
    return ast.unparse(node.func if isinstance(node, ast.Call) else node)
