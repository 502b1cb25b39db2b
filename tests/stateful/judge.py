"""The proofs as one question: does anything turn red?"""

from collections.abc import Callable, Iterator

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.crash.harness import singles
from tests.crash.scenarios import SCENARIOS
from tests.crash.test_crash import test_an_undisturbed_day_ends_as_it_should
from tests.stateful.machine import Protocol


def verdict(examples: int) -> str | None:
    """The first proof that the product fails, or None."""
    for name, proof in _proofs(examples):
        try:
            proof()
        except Exception as error:
            return f"{name}: {str(error).splitlines()[0] if str(error) else type(error).__name__}"
    return None


def _proofs(examples: int) -> Iterator[tuple[str, Callable[[], None]]]:
    yield "undisturbed days", _undisturbed
    yield "single crashes", _single_crashes
    yield "everything at once", lambda: _everything_at_once(examples)


def _undisturbed() -> None:
    for scenario in SCENARIOS:
        test_an_undisturbed_day_ends_as_it_should(scenario)


def _single_crashes() -> None:
    for scenario in SCENARIOS:
        for case in singles(scenario):
            assert not case.broken, str(case)


def _everything_at_once(examples: int) -> None:
    chosen = settings(
        max_examples=examples, stateful_step_count=80, deadline=None, database=None, derandomize=True,
        suppress_health_check=list(HealthCheck), report_multiple_bugs=False, phases=[Phase.generate],
    )  # fmt: skip
    run_state_machine_as_test(Protocol, settings=chosen)
