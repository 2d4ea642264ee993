"""A number that stands in the settings and in the part that uses it is the same number."""

from dataclasses import replace

from worker import configured, configured_saga
from worker.relay.policy import DEFAULT_RETRY_DELAYS
from worker.runtime.notices import HOLD_SECONDS
from worker.saga.policy import Policy
from worker.settings import Settings
from worker.translation.refusals import RefusalPatterns


def test_the_sagas_numbers() -> None:
    told = configured_saga.policy(Settings())
    assert replace(told, call_lease=Policy().call_lease) == Policy()


def test_a_call_is_over_before_its_lease() -> None:
    limits = configured.zzy_limits(Settings())
    assert limits.total < configured_saga.policy(Settings()).call_lease


def test_the_meaning_of_refusals() -> None:
    assert configured.patterns(Settings()) == RefusalPatterns()


def test_the_waits_of_the_relay_and_of_early_notices() -> None:
    assert Settings().relay.retry_delays == DEFAULT_RETRY_DELAYS
    assert Settings().saga.notice_hold_seconds == HOLD_SECONDS
