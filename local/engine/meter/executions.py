"""Step Functions: starts of standard executions, and their transitions.

AWS (sfn-price): a transition is counted each time that a state is executed, also in a branch, and each time that it is retried.
Not modelled: express executions, which are charged for otherwise, and the children of a distributed map.
"""

from typing import Any

from ministack.services import stepfunctions

from local.engine import execution, retries
from local.engine.mending import replace
from local.engine.mends import step_functions
from local.engine.meter.counts import counts


def install() -> None:
    """Hear of each start, each state that is entered, and each retry."""
    _count_starts()
    _count_states()
    _count_states_in_branches()
    _count_retries()


def _count_starts() -> None:
    def start(request: dict[str, Any]) -> Any:
        answer = stock(request)
        if answer[0] == 200:
            counts.add("executions")
        return answer

    stock = replace(step_functions, "_stock_start_execution", start)


def _count_states() -> None:
    def add_event(record: dict[str, Any], kind: str, *details: Any) -> Any:
        if kind.endswith("StateEntered"):
            counts.add("transitions")
        return stock(record, kind, *details)

    stock = replace(execution, "_add_event", add_event)


def _count_states_in_branches() -> None:
    """Each is looked up by its name there, once."""

    class Counted(dict[str, Any]):
        def get(self, name: Any, default: Any = None) -> Any:
            counts.add("transitions")
            return super().get(name, default)

    def run(states: dict[str, Any], *about: Any) -> Any:
        return stock(Counted(states), *about)

    stock = replace(stepfunctions, "_run_sub_machine", run)


def _count_retries() -> None:
    def delay(state: dict[str, Any], error: str, so_far: dict[int, int]) -> float | None:
        delay_s: float | None = stock(state, error, so_far)
        if delay_s is not None:
            counts.add("transitions")
        return delay_s

    stock = replace(retries, "delay_before_retry", delay)
