"""The audit says when it knows nothing, instead of saying that all is well."""

from pathlib import Path

import pytest

from tests.audit.__main__ import main, told

SOUND = {"name": "a", "version": "1", "vulns": []}
HOLED = {"name": "b", "version": "2", "vulns": [{"id": "PYSEC-1", "fix_versions": ["3"]}]}
UNASKED = {"name": "c", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("packages", "code"),
    [([SOUND], 0), ([SOUND, HOLED], 1), ([HOLED, UNASKED], 1), ([SOUND, UNASKED], 3), ([], 3)],
)
def test_the_exit_code(packages: list[dict[str, object]], code: int) -> None:
    assert told(packages)[1] == code


def test_a_hole_is_named_with_its_remedy() -> None:
    assert told([HOLED])[0] == ["b 2: PYSEC-1, mended in 3"]


def test_a_service_that_cannot_be_asked_is_no_success(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tool = tmp_path / "pip-audit"
    tool.write_text("#!/bin/sh\necho no network >&2\nexit 1\n", encoding="utf-8")
    tool.chmod(0o755)
    assert main(str(tool)) == 3
    assert "NOT AUDITED" in capsys.readouterr().out
