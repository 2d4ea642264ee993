"""A release is named where people look, once."""

from pathlib import Path

import pytest

from tests.upgrades.release import named


def test_a_version_is_named_in_the_changelog_and_for_pip(tmp_path: Path) -> None:
    (tmp_path / "CHANGELOG.md").write_text("# Changelog\n\n## Unreleased\n\n- new\n\n## 0.1.0\n")
    projects = [tmp_path / "pyproject.toml", tmp_path / "contracts" / "pyproject.toml"]
    projects[1].parent.mkdir()
    for project in projects:
        project.write_text('[project]\nname = "x"\nversion = "0.1.0"\n')
    named("0.2.0", tmp_path)
    assert "## 0.2.0\n\n- new\n\n## 0.1.0" in (tmp_path / "CHANGELOG.md").read_text()
    for project in projects:
        assert 'version = "0.2.0"' in project.read_text()
    with pytest.raises(ValueError, match="not released"):
        named("0.3.0", tmp_path)
