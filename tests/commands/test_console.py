"""``console hash-password``: a hash that the configuration takes, and nothing else anywhere."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.bridge import clean_environment
from worker.console.passwords import fits
from worker.settings import load_settings


def hash_password(said: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "worker", "console", "hash-password"],
        input=said,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_hash_fits_the_password_and_the_configuration(tmp_path: Path) -> None:
    ran = hash_password("correct horse battery\n")
    assert (ran.returncode, ran.stderr) == (0, "")
    told = ran.stdout.strip()
    file = tmp_path / "bridge.toml"
    file.write_text(f'[[console.users]]\nname = "li"\nrole = "admin"\npassword_hash = "{told}"\n')
    user = load_settings(file, {}).console.users[0]
    assert fits(user.password_hash.get_secret_value(), "correct horse battery")
    assert not fits(user.password_hash.get_secret_value(), "correct horse batteries")


@pytest.mark.parametrize("said", ["short\n", "", "x" * 2000])
def test_a_password_that_will_not_do_is_one_line(said: str) -> None:
    ran = hash_password(said)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith("ticketbridge: the password is ")
    assert "Traceback" not in ran.stderr
