"""``make demo`` installs what a worker needs and nothing else: it must do with that."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
HIDDEN = ("pytest", "hypothesis", "aioresponses", "pika", "schemathesis", "xdist")
PROGRAM = f"import sys; sys.modules.update(dict.fromkeys({HIDDEN!r})); import demo.__main__"


def test_the_demo_needs_nothing_that_only_the_tests_need() -> None:
    words = [sys.executable, "-c", PROGRAM]
    ran = subprocess.run(words, cwd=ROOT, check=False, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
