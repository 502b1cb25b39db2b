"""The proofs as one question: does anything turn red?"""

import io
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.crash.harness import singles
from tests.crash.scenarios import SCENARIOS
from tests.crash.test_crash import test_an_undisturbed_day_ends_as_it_should
from tests.stateful.machine import Protocol

CONTRACT = Path(__file__).parents[1] / "contract" / "test_transitions.py"


def verdict(examples: int) -> str | None:
    """The first proof that the product fails, or None."""
    for name, proof in _proofs(examples):
        try:
            proof()
        except Exception as error:
            return f"{name}: {str(error).splitlines()[0] if str(error) else type(error).__name__}"
    return None


def _proofs(examples: int) -> Iterator[tuple[str, Callable[[], None]]]:
    """The quickest first."""
    yield "undisturbed days", _undisturbed
    yield "the contract, on the fake", _contract
    yield "single disturbances", _single_disturbances
    yield "everything at once", lambda: _everything_at_once(examples)


def _undisturbed() -> None:
    for scenario in SCENARIOS:
        test_an_undisturbed_day_ends_as_it_should(scenario)


def _single_disturbances() -> None:
    for scenario in SCENARIOS:
        for case in singles(scenario):
            assert not case.broken, str(case)


def _contract() -> None:
    """In this process, so that what is broken here is broken there."""
    with redirect_stdout(io.StringIO()) as said:
        ended = pytest.main([str(CONTRACT), "-k", "fake", "-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"])
    failed = [line for line in said.getvalue().splitlines() if line.startswith("FAILED")]
    assert ended == pytest.ExitCode.OK, "; ".join(failed) or said.getvalue()


def _everything_at_once(examples: int) -> None:
    chosen = settings(
        max_examples=examples, stateful_step_count=30, deadline=None, database=None, derandomize=True,
        suppress_health_check=list(HealthCheck), report_multiple_bugs=False, phases=[Phase.generate],
    )  # fmt: skip
    run_state_machine_as_test(Protocol, settings=chosen)
