"""A worker dies before each step of one order's life, and nothing is lost of it."""

import pytest

from tests.simulation.test_simulation import simulated

STEPS = 1600
"""More than the life of tests/simulation/canonical.py has, from the worker's start on."""


@pytest.mark.timeout(600)
def test_a_death_here_and_there_in_an_order_s_life() -> None:
    ran = simulated("--deaths", f"40,{STEPS},97")
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.acceptance
@pytest.mark.timeout(3600)
def test_a_death_before_every_step_of_an_order_s_life() -> None:
    ran = simulated("--deaths", f"1,{STEPS},1")
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.acceptance
@pytest.mark.timeout(3600)
def test_a_death_at_each_await_of_the_audit() -> None:
    ran = simulated("--stand", "--seeds", "200")
    assert ran.returncode == 0, ran.stdout + ran.stderr
