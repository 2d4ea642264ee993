"""Each row of the coverage table is seen red: its code is changed and its tests must fail.

A copy of the tree is changed, never the tree itself. Exit code 1 of pytest is a failed
test; a change that only breaks an import or finds no test proves nothing.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.protocol.table import ROOT, Row, rows

pytestmark = pytest.mark.acceptance

FOLDERS = ("worker", "contracts", "tests", "docs", "demo", "bench", "docker", ".ci")
TESTS_FAILED = 1


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("tree")
    skipped = shutil.ignore_patterns("__pycache__", "node_modules")
    for path in ROOT.iterdir():
        if path.is_dir() and path.name in FOLDERS:
            shutil.copytree(path, copy / path.name, ignore=skipped)
        elif path.is_file():
            shutil.copy(path, copy / path.name)
    return copy


@pytest.fixture
def changed(request: pytest.FixtureRequest, tree: Path) -> Iterator[Path]:
    row: Row = request.param
    place = tree / row.planted.file
    text = place.read_text("utf-8")
    place.write_text(text.replace(row.planted.old, row.planted.new), encoding="utf-8")
    yield tree
    place.write_text(text, encoding="utf-8")


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("row", "changed"), [(row, row) for row in rows()], indirect=["changed"], ids=lambda r: r.name
)
def test_a_planted_change_is_seen(row: Row, changed: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(changed), "PYTHONDONTWRITEBYTECODE": "1"}
    environment.pop("PYTEST_XDIST_WORKER", None)
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *row.tests]
    run = subprocess.run(
        command, cwd=changed, env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == TESTS_FAILED, f"{row.what}\n{run.stdout[-2000:]}{run.stderr[-500:]}"
