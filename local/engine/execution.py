"""One execution of a state machine, driven from state to state and parked while it waits.

MiniStack interprets the states; this drives them. An execution that waits (a Wait state, the pause before a retry)
holds no thread: its position is a small record, and a timer resumes it. AWS allows a million open executions, and
waiting is free (source: Step Functions developer guide, "Quotas").
"""

import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from ministack.core.responses import now_iso
from ministack.services import stepfunctions
from ministack.services.stepfunctions import _add_event, _ExecutionError

from local.engine import retries, waits
from local.engine.position import Position

State = dict[str, Any]
# What runs one attempt of a state that can be retried, without its Retry and Catch.
_ATTEMPTS: dict[str, Callable[..., tuple[Any, str | None]]] = {
    "Task": stepfunctions._execute_task,
    "Parallel": stepfunctions._run_parallel_branches,
    "Map": stepfunctions._run_map_items,
}


@lru_cache(maxsize=64)
def parsed(definition: str) -> dict[str, Any]:
    """The definition; shared, so nobody changes it."""
    result: dict[str, Any] = json.loads(definition)
    return result


class Execution:
    """Drives one execution record of MiniStack's, to which it adds the "definition" that the execution started with."""

    def __init__(self, record: dict[str, Any], position: Position | None = None) -> None:
        self.record = record
        self._machine = parsed(record["definition"])
        self.position = position or Position(self._machine["StartAt"], json.loads(record["input"]))

    def advance(self, on_step: Callable[["Execution"], None]) -> float | None:
        """Go on until the end (None), or until a wait: then the time to resume at, in seconds of the epoch.

        `on_step` hears of every new position before anything is done there.
        """
        position = self.position
        try:
            while position.state and self.record["status"] == "RUNNING":
                context = self._context()
                state = self._machine["States"][position.state]
                self._enter(state, context)
                step = self._step(state, context)
                if step is None:
                    on_step(self)
                    return position.wake_at
                output, following = step
                self._event(f"{state['Type']}StateExited", "stateExitedEventDetails", output=output)
                successor = Position(following, output)
                successor.variables = context["variables"]
                vars(position).update(vars(successor))
                on_step(self)
            if self.record["status"] == "RUNNING":
                self._succeed()
        except _ExecutionError as error:
            self._fail(error.error, error.cause)
        except Exception as error:
            stepfunctions.logger.exception("Execution %s met an error of the engine", self.record["executionArn"])
            self._fail("States.Runtime", f"{type(error).__name__}: {error}")
        on_step(self)
        return None

    def _context(self) -> dict[str, Any]:
        """The context object (source: Step Functions developer guide, "Accessing execution data")."""
        record, position = self.record, self.position
        return {
            "QueryLanguage": self._machine.get("QueryLanguage", "JSONPath"),
            "Execution": {
                "Id": record["executionArn"],
                "Input": json.loads(record["input"]),
                "Name": record["name"],
                "RedriveCount": 0,
                "RoleArn": record["events"][0]["executionStartedEventDetails"]["roleArn"],
                "StartTime": record["startDate"],
            },
            "StateMachine": {"Id": record["stateMachineArn"], "Name": record["stateMachineArn"].rsplit(":", 1)[-1]},
            "State": retries.AttemptState(
                Name=position.state, EnteredTime=position.entered_at, RetryCount=sum(position.retries.values())
            ),
            "variables": position.variables,
        }

    def _enter(self, state: State, context: dict[str, Any]) -> None:
        if self.position.entered_at is None:
            self.position.entered_at = context["State"]["EnteredTime"] = now_iso()
            self._event(f"{state['Type']}StateEntered", "stateEnteredEventDetails", input=self.position.input)

    def _step(self, state: State, context: dict[str, Any]) -> tuple[Any, str | None] | None:
        """The state's output and successor, or None if the execution has to wait until position.wake_at."""
        position, kind = self.position, state["Type"]
        if kind in _ATTEMPTS:
            return self._attempt(state, context)
        if kind == "Wait":
            if position.wake_at is None:
                position.wake_at = waits.wake_time(state, position.input, context)
                return None
            return waits.leave(state, position.input, context)
        if kind == "Pass":
            return stepfunctions._execute_pass(state, position.input, context)  # type: ignore[no-any-return]
        if kind == "Choice":
            return stepfunctions._execute_choice(state, position.input, context)  # type: ignore[no-any-return]
        if kind == "Succeed":
            selected = stepfunctions._apply_input_path(state, position.input, context)
            return stepfunctions._apply_output_path(state, selected, context), None
        if kind == "Fail":
            raise _ExecutionError(*stepfunctions._fail_state_error(state, position.input, context))
        raise _ExecutionError("States.Runtime", f"Unknown state type: {kind}")

    def _attempt(self, state: State, context: dict[str, Any]) -> tuple[Any, str | None] | None:
        position = self.position
        position.wake_at = None
        try:
            return _ATTEMPTS[state["Type"]]({**state, "Retry": [], "Catch": []}, position.input, self.record, context)
        except _ExecutionError as error:
            delay_s = retries.delay_before_retry(state, error.error, position.retries)
            if delay_s is None:
                return retries.caught(state, position.input, context, error)
            position.wake_at = waits.now() + delay_s
            return None

    def _succeed(self) -> None:
        output = json.dumps(self.position.input)
        self.record.update(status="SUCCEEDED", output=output, stopDate=now_iso())
        _add_event(self.record, "ExecutionSucceeded", {"executionSucceededEventDetails": {"output": output}})
        stepfunctions._emit_execution_status_event(self.record)

    def _fail(self, error: str, cause: str) -> None:
        if self.record["status"] == "RUNNING":
            stepfunctions._fail_execution(self.record, error, cause)

    def _event(self, event_type: str, details: str, **values: Any) -> None:
        texts = {name: json.dumps(value) for name, value in values.items()}
        _add_event(self.record, event_type, {details: {"name": self.position.state, **texts}})
