"""Each fault that is put into the worker is found: the simulation is not blind."""

import pytest

from tests.simulation.planted import PLANTS
from tests.simulation.test_simulation import simulated

QUICK = ("a_late_ticket_revives_what_was_refunded", "another_order_after_an_unknown_pay")
MOST = 200


def hunted(name: str, seeds: int) -> None:
    ran = simulated("--hunt", name, "--seeds", str(seeds))
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", QUICK)
def test_a_fault_is_soon_found(name: str) -> None:
    hunted(name, 12)


@pytest.mark.acceptance
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", PLANTS)
def test_every_planted_fault_is_found(name: str) -> None:
    hunted(name, MOST)


def test_there_are_at_least_a_dozen_and_each_promise_has_one() -> None:
    broken = {promise for plant in PLANTS.values() for promise in plant.breaks}
    assert len(PLANTS) >= 12
    assert broken >= {
        "paid_once",
        "not_paid_too_late",
        "ends",
        "never_falls_back",
        "channel_knows",
        "within_bought",
        "durable_before_acknowledged",
        "replay",
        "leaked in the log",
    }
