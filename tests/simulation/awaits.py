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
    "worker/runtime/door.py": ("admit", "refuse", "answer", "_refuse_user"),
    "worker/runtime/commands.py": (
        "handle",
        "_take",
        "_order",
        "_product",
        "_apply",
        "_resolve",
        "_unheard",
    ),
    "worker/runtime/queries.py": ("handle",),
    "worker/runtime/notices.py": ("handle", "_take"),
    "worker/runtime/handle.py": ("take", "_take", "_commit", "_perform", "_perform_replies"),
    "worker/runtime/recent.py": ("commit",),
    "worker/runtime/timers.py": ("poll", "_fire"),
    "worker/runtime/outbox.py": (
        "_publish",
        "_note_sent",
        "_mark",
        "sweep",
        "_take_up",
        "_keep_alarm",
    ),
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


HERE = "tests/runtime/test_deaths.py"
AT_ONCE = "it never waits there: what it asks for is there at once, or only a reply goes out"
UNREACHED: dict[Await, str] = {
    **dict.fromkeys(
        (
            Await("runtime.commands", "_take", "self._resolve"),
            Await("runtime.commands", "_resolve", "self._store.load"),
            Await("runtime.commands", "_resolve", "self._saga.take"),
            Await("runtime.notices", "handle", "self._products.relay"),
            Await("runtime.notices", "_take", "self._store.hold_notice"),
            Await("runtime.notices", "_take", "self._store.release_notice"),
            Await("runtime.notices", "_take", "self._claimed"),
            Await("deadletters.drain", "handle", "self._named"),
            Await("deadletters.drain", "handle", "self._store.add_dead_letter"),
            Await("deadletters.drain", "_named", "self._store.load"),
            Await("deadletters.drain", "_named", "self._store.load_by_zzy_order_id"),
        ),
        HERE,
    ),
    **dict.fromkeys(
        (
            Await("ingress.channel_api", "_answer", "read_body"),
            Await("ingress.zzy_webhook", "notify", "read_body"),
            Await("ingress.sending", "send", "async with asyncio.timeout"),
            Await("runtime.door", "admit", "self.refuse"),
            Await("runtime.door", "admit", "self._refuse_user"),
            Await("runtime.door", "refuse", "self.answer"),
            Await("runtime.door", "answer", "self._broker.reply"),
            Await("runtime.door", "_refuse_user", "self.refuse"),
            Await("runtime.commands", "handle", "self._door.admit"),
            Await("runtime.commands", "handle", "self._door.refuse"),
            Await("runtime.commands", "_order", "self._door.refuse"),
            Await("runtime.commands", "_resolve", "self._door.refuse"),
            Await("runtime.commands", "_resolve", "self._door.answer"),
            Await("runtime.commands", "_order", "self._product"),
            Await("runtime.commands", "_product", "self._catalogue.find"),
            Await("runtime.queries", "handle", "self._door.admit"),
            Await("runtime.queries", "handle", "self._broker.reply"),
            Await("runtime.notices", "handle", "self._judge"),
            Await("runtime.notices", "_take", "self._judge"),
            Await("runtime.notices", "_take", "self._turn_away"),
            Await("runtime.handle", "_take", "_tell"),
            Await("runtime.handle", "_take", "self._perform_replies"),
            Await("runtime.handle", "_perform", "self._perform_replies"),
            Await("runtime.handle", "_perform_replies", "self._performer.reply"),
            Await("relay.handler", "_deliver", "self._enter"),
            Await("sms.handler", "_text", "self._reply"),
            Await("sms.handler", "_reply", "self._broker.reply"),
        ),
        AT_ONCE,
    ),
    Await("ingress.zzy_webhook", "notify", "self._quarantine"): "tests/e2e/test_notices.py",
    Await("ingress.zzy_webhook", "_quarantine", "self._sender.send"): "tests/e2e/test_notices.py",
    Await("deadletters.settling", "handle", "self._store.settle_replay"): (
        "tests/deadletters/test_settling.py"
    ),
    Await("runtime.notices", "_take", "self._set_apart"): "tests/runtime/test_quarantine.py",
    Await("runtime.commands", "_order", "self._precheck.look_at"): "tests/runtime/test_precheck.py",
    Await("runtime.commands", "_apply", "self._had_to_wait"): "tests/runtime/test_pressure.py",
    Await("broker.embedded_consumer", "_refill", "self._return_unbegun"): "tests/parity/broker",
}
"""The awaits at which nothing stands in a simulated run, and why, or where they are tested."""


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
