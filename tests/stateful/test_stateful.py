"""I1 and I2 under everything at once."""

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.stateful.machine import Protocol


def test_the_protocol_holds() -> None:
    chosen = settings(max_examples=400, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(Protocol, settings=chosen)
