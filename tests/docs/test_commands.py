"""Every command in every document is one that there is; test_every_command.py runs them."""

import re
from pathlib import Path

import pytest

from tests.docs.command_line import parse
from tests.docs.exceptions import NOT_RUN, reason
from tests.docs.shell import FENCE, ROOT, Command, commands_in, every_command, pages, programs

LANGUAGES = {"sh", "text", "json", "toml", "python", "java", "js", "php", "csharp", "sql", "html"}
OTHERS = {
    "curl",
    "cd",
    "rabbitmqctl",
    "rabbitmq-queues",
    "node",
    "docker",
    "systemctl",
    "sudo",
    "journalctl",
    "git",
}
"""Programs that are not ours."""
COMMANDS = every_command()
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def fault(words: list[str]) -> str:
    """Return what is wrong with a program's words; empty: nothing."""
    name, *rest = words
    if name == "ticketbridge":
        return "" if parse(rest) else "no command"
    if name == "make":
        return _of_make(rest)
    if name.endswith("python") and rest[0] == "-m" and rest[1] != "worker":
        return "" if _is_module(rest[1]) else f"there is no {rest[1]}"
    if name.endswith("python") and rest[0] == "-m":
        return "" if parse(rest[2:]) else "no command"
    if name.endswith(("pytest", "python")):
        files = [word for word in rest if "/" in word or word.endswith(".py")]
        return "" if all(_exists(file) for file in files) else f"no such file in {files}"
    return "" if name in OTHERS else f"what is {name}?"


def _of_make(words: list[str]) -> str:
    for word in words:
        target = re.search(rf"^{re.escape(word.partition('=')[0])}( :=|:)", MAKEFILE, re.MULTILINE)
        if not (
            target
            or word == "VERSION=<version>"
            or re.search(rf"\$\({word.partition('=')[0]}\)", MAKEFILE)
        ):
            return f"the Makefile has no {word}"
    return ""


def _is_module(name: str) -> bool:
    path = ROOT / Path(*name.split("."))
    return path.with_suffix(".py").is_file() or (path / "__main__.py").is_file()


def _exists(file: str) -> bool:
    return (ROOT / file).exists() or any(ROOT.glob(f"docs/snippets/*/{file}"))


def test_every_block_says_what_it_is() -> None:
    unsaid = [
        f"{page.relative_to(ROOT)}: {block[:60]!r}"
        for page in pages()
        for language, block in FENCE.findall(page.read_text(encoding="utf-8"))
        if language not in LANGUAGES
    ]
    assert unsaid == []


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: f"{Path(c.page).name} {c.text[:60]}")
def test_every_command_is_one_that_there_is(command: Command) -> None:
    assert [fault(words) for words in programs(command) if fault(words)] == []


def test_the_commands_are_found() -> None:
    assert len(COMMANDS) > 200
    assert sum(command.is_ours for command in COMMANDS) > 150


def test_a_command_that_there_is_not_is_seen() -> None:
    text = "```sh\nmake tset\npython -m worker.ports\nfoo bar\n.venv/bin/pytest tests/no\n```"
    assert all(fault(programs(command)[0]) for command in commands_in("p", text))
    for wrong in ("deadletters reply x", "orders show", "reconcile --day 2026-05-01"):
        with pytest.raises(Exception, match=r"No such|Missing"):
            parse(wrong.split())


@pytest.mark.parametrize("pattern", NOT_RUN)
def test_what_is_not_run_is_shown_somewhere_and_tested_elsewhere(pattern: str) -> None:
    assert all(
        (ROOT / path).is_file() for path in re.findall(r"tests/[\w/]+\.py", NOT_RUN[pattern])
    )


def test_few_are_not_run() -> None:
    assert len([command for command in COMMANDS if reason(command.text)]) < len(COMMANDS) / 4
