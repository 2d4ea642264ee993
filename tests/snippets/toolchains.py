"""How each language's snippet is compiled and run beside its driver."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

SNIPPETS = Path(__file__).parents[2] / "docs" / "snippets" / "signing"
DRIVERS = Path(__file__).parent
LIMIT_SECONDS = 100


@dataclass(frozen=True)
class Toolchain:
    """What a language needs; ``run`` takes an empty folder and stdin, and returns the lines."""

    name: str
    programs: Sequence[str]
    package: str
    required: bool
    run: Callable[[Path, str], list[str]]

    @property
    def missing(self) -> str:
        """What is to be installed; empty where everything is there."""
        absent = [program for program in self.programs if shutil.which(program) is None]
        if not absent:
            return ""
        return f"{self.name}: {', '.join(absent)} not found; install {self.package}"


def _python(_: Path, lines: str) -> list[str]:
    return _output([sys.executable, str(DRIVERS / "driver.py")], lines)


def _node(_: Path, lines: str) -> list[str]:
    return _output(["node", str(DRIVERS / "driver.mjs")], lines)


def _java(folder: Path, lines: str) -> list[str]:
    sources = [str(SNIPPETS / "Signing.java"), str(DRIVERS / "Driver.java")]
    quick = ["-J-XX:TieredStopAtLevel=1", "-J-XX:+UseSerialGC"]
    _output(["javac", *quick, "-encoding", "UTF-8", "-d", str(folder), *sources])
    return _output(["java", "-XX:TieredStopAtLevel=1", "-cp", str(folder), "Driver"], lines)


def _php(_: Path, lines: str) -> list[str]:
    return _output(["php", str(DRIVERS / "driver.php")], lines)


def _csharp(folder: Path, lines: str) -> list[str]:
    program = folder / "driver.exe"
    sources = [str(SNIPPETS / "Signing.cs"), str(DRIVERS / "Driver.cs")]
    _output(["mcs", "-codepage:utf8", f"-out:{program}", *sources])
    return _output(["mono", str(program)], lines)


def _output(command: list[str], lines: str = "") -> list[str]:
    done = subprocess.run(
        command, input=lines.encode(), capture_output=True, timeout=LIMIT_SECONDS, check=False
    )
    assert done.returncode == 0, (command[0], done.stderr.decode(errors="replace"))
    return done.stdout.decode().splitlines()


TOOLCHAINS = {
    chain.name: chain
    for chain in (
        Toolchain("Python", (), "Python", required=True, run=_python),
        Toolchain("JavaScript", ("node",), "nodejs", required=True, run=_node),
        Toolchain("Java", ("javac", "java"), "default-jdk-headless", required=True, run=_java),
        Toolchain("PHP", ("php",), "php-cli", required=False, run=_php),
        Toolchain("C#", ("mcs", "mono"), "mono-mcs", required=False, run=_csharp),
    )
}
