"""One run of schemathesis against a server: its verdict, its seed, what it counted."""

import asyncio
import json
import secrets
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from contracts.openapi import openapi_document
from tests.e2e.bridge import clean_environment
from tests.fuzz.behind import behind_the_signature

ROOT = Path(__file__).parents[2]
CONFIG = Path(__file__).parent / "schemathesis.toml"
PROGRAM = Path(sys.executable).parent / "schemathesis"


@dataclass(frozen=True)
class Report:
    """What became of it."""

    code: int
    text: str
    counts: dict[str, int]
    """How many answers of which method, path, status and code."""

    @property
    def cases(self) -> int:
        return sum(self.counts.values())

    def codes(self, path: str) -> set[str]:
        """Return the codes that a path answered to POST."""
        lines = (line.split(" ") for line in self.counts if f"POST {path} " in line)
        return {line[-1] for line in lines}


async def attack(
    url: str, document: dict[str, Any], folder: Path, *more: str, seed: int | None = None
) -> Report:
    """Let schemathesis at ``url``; its output and its seed are printed."""
    schema, counts = folder / "openapi.json", folder / "counts.json"
    schema.write_text(json.dumps(behind_the_signature(document)))
    counts.write_text("{}")
    seed = secrets.randbelow(2**31) if seed is None else seed
    process = await asyncio.create_subprocess_exec(
        PROGRAM,
        *("--config-file", str(CONFIG), "run", str(schema), "--url", url),
        *("--seed", str(seed), *more),
        cwd=ROOT,
        env=clean_environment() | {"FUZZ_COUNTS": str(counts), "PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    text = output.decode()
    print(f"fuzz seed: {seed}\n{text}\n{counts.read_text()}")  # noqa: T201  (pytest shows it with a failure)
    return Report(process.returncode or 0, text, json.loads(counts.read_text()))


async def _again(url: str, seed: str, *more: str) -> int:
    with TemporaryDirectory() as folder:
        report = await attack(url, openapi_document(), Path(folder), *more, seed=int(seed))
    return report.code


if __name__ == "__main__":
    sys.exit(asyncio.run(_again(*sys.argv[1:])))
