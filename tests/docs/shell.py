"""Every command that a document shows: found in its blocks, and split into programs.

A block of commands is ```` ```sh ````; what a program prints is ```` ```text ````. Between
the two nothing else decides what is run by the tests.
"""

import re
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^ *```([^\n`]*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
COMMENT = re.compile(r"(?:^|\s+)#\s.*$")
ASSIGNMENT = re.compile(r"(export )?\w+=\S*$|\w+=\$\(.*\)$|\w+='.*'$")
OURS = ("python -m worker ", "ticketbridge ")


@dataclass(frozen=True, order=True)
class Command:
    """One line that somebody is told to type."""

    page: str
    text: str
    before: tuple[str, ...] = ()
    """The assignments before it in its block."""

    @property
    def is_ours(self) -> bool:
        return self.text.startswith(OURS)


def pages() -> list[Path]:
    """Return every document of the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return sorted({ROOT / name for name in listed.stdout.splitlines()})


def commands_in(page: str, text: str) -> Iterator[Command]:
    """Yield the commands of a page's blocks, without what is said of them."""
    for language, block in FENCE.findall(text):
        if language != "sh":
            continue
        assigned: list[str] = []
        for line in re.sub(r"(\\|(?<=\|))\n\s*", " ", block).splitlines():
            typed = COMMENT.sub("", line).strip()
            if ASSIGNMENT.match(typed):
                assigned.append(typed)
            elif typed:
                yield Command(page, typed, tuple(assigned))


def every_command() -> list[Command]:
    """Return the commands of all documents, each page's once."""
    return sorted(
        {
            command
            for page in pages()
            for command in commands_in(str(page.relative_to(ROOT)), page.read_text("utf-8"))
        }
    )


def programs(command: Command) -> list[list[str]]:
    """Return the words of each program of the line, without options that are left out: […]."""
    text = re.sub(r"\[[^\]]*\](?=\s|$)", "", command.text) if command.is_ours else command.text
    lexer = shlex.shlex(text, posix=True, punctuation_chars="|&<>;")
    lexer.whitespace_split = True
    found: list[list[str]] = [[]]
    words = iter(lexer)
    for word in words:
        if set(word) <= set("<>"):
            next(words)  # the file
        elif set(word) <= set("|&;"):
            found.append([])
        else:
            found[-1].append(word)
    return [_without_variables(words) for words in found if words]


def _without_variables(words: list[str]) -> list[str]:
    while words and re.match(r"[A-Z_]+=", words[0]):
        words = words[1:]
    return words
