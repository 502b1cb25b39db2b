"""Executions start once, wait cheaply and exactly, and retry as their definition says.

AWS (Step Functions developer guide and API reference):
- StartExecution of a STANDARD machine with a name and input that are running already answers with that execution;
  with another input, or once it is closed, ExecutionAlreadyExists;
- MaxDelaySeconds, JitterStrategy and any length of pause are honoured; States.ALL does not match States.Runtime;
- a Wait until a timestamp cuts off the fraction of a second; a bad timestamp or number of seconds is States.Runtime.

MiniStack refuses every repeated name, ignores both retry fields, caps every pause at 60 s, waits fractions, does not
wait at all where it cannot read the time, starts late by 0.15 s, and holds a thread for each open execution.
"""

import contextvars
import heapq
import itertools
import json
import re
import threading
import time
from collections.abc import Callable
from typing import Any

from ministack.core.responses import error_response_json, json_response
from ministack.services import stepfunctions

from local.engine import retries, waits
from local.engine.execution import Execution
from local.engine.mending import replace

_NAME = re.compile(r"[^\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]{1,80}")
_stock_start_execution = stepfunctions._start_execution
_stock_execute_task = stepfunctions._execute_task
_starting = threading.RLock()


def on_step(execution: Execution) -> None:
    """Hears of every step of every execution; replaced where executions are made durable."""


class Timer:
    """Resumes what is parked, each in a thread of its own and in the context in which it was parked."""

    def __init__(self) -> None:
        self._parked: list[tuple[float, int, contextvars.Context, Callable[[], None]]] = []
        self._changed = threading.Condition()
        self._numbers = itertools.count()
        threading.Thread(target=self._watch, name="execution-timer", daemon=True).start()

    def park(self, resume_at: float, resume: Callable[[], None]) -> None:
        """Call `resume` at `resume_at`, in seconds of the epoch."""
        with self._changed:
            heapq.heappush(self._parked, (resume_at, next(self._numbers), contextvars.copy_context(), resume))
            self._changed.notify()

    def _watch(self) -> None:
        while True:
            with self._changed:
                left_s = self._parked[0][0] - time.time() if self._parked else None
                if left_s is None or left_s > 0:
                    self._changed.wait(left_s)
                    continue
                _at, _number, context, resume = heapq.heappop(self._parked)
            threading.Thread(target=context.run, args=(resume,), name="execution", daemon=True).start()


timer = Timer()


def start_execution(request: dict[str, Any]) -> Any:
    """StartExecution, once for each name."""
    name = request.get("name")
    if name is not None and not _NAME.fullmatch(name):
        return error_response_json("InvalidName", f"Invalid Name: '{name}'", 400)
    with _starting:
        running = _running(request)
        if running:
            return json_response({"executionArn": running["executionArn"], "startDate": running["startDate"]})
        answer = _stock_start_execution(request)
        if answer[0] == 200:
            on_step(_adopt(stepfunctions._executions[json.loads(answer[2])["executionArn"]]))
        return answer


def _running(request: dict[str, Any]) -> dict[str, Any] | None:
    """The running execution that this request, name and input, asks for again."""
    arn = stepfunctions._resolve_state_machine_arn(request.get("stateMachineArn", ""))
    if arn is None or not request.get("name"):
        return None
    execution_arn = f"{arn.replace(':stateMachine:', ':execution:', 1)}:{request['name']}"
    record: dict[str, Any] | None = stepfunctions._executions.get(execution_arn)
    same = record and record["status"] == "RUNNING" and record["input"] == request.get("input", "{}")
    return record if same else None


def run_execution(execution_arn: str) -> None:
    """Drive a new execution; one that was started synchronously to its end, another to its first wait."""
    with _starting:  # Not before the start has been answered for.
        execution = _adopt(stepfunctions._executions[execution_arn])
    if not execution.record.get("sync"):
        drive(execution)
        return
    while (resume_at := execution.advance(on_step)) is not None:
        time.sleep(max(0.0, resume_at - time.time()))


def _adopt(record: dict[str, Any]) -> Execution:
    """Drive this record of MiniStack's; later changes of the state machine do not touch it."""
    record.setdefault("definition", stepfunctions._state_machines[record["stateMachineArn"]]["definition"])
    return Execution(record)


def drive(execution: Execution) -> None:
    """Take the execution as far as it goes now, and park it if it has to wait."""
    resume_at = execution.advance(on_step)
    if resume_at is not None:
        timer.park(resume_at, lambda: drive(execution))


def execute_task(state: dict[str, Any], state_input: Any, execution: Any, context: dict[str, Any]) -> Any:
    """A Task inside a Map or Parallel branch."""
    bare = {**state, "Retry": [], "Catch": []}
    return with_retry_and_catch(
        state, state_input, context, lambda: _stock_execute_task(bare, state_input, execution, context)
    )


def with_retry_and_catch(
    state: dict[str, Any], state_input: Any, context: dict[str, Any], attempt: Callable[[], Any]
) -> Any:
    """Run a state inside a branch under its Retry and Catch; its thread waits out the pauses."""
    own = dict(context["State"])
    counts: dict[int, int] = {}
    while True:
        context["State"] = retries.AttemptState({**own, "RetryCount": sum(counts.values())})
        try:
            return attempt()
        except stepfunctions._ExecutionError as error:
            delay_s = retries.delay_before_retry(state, error.error, counts)
            if delay_s is None:
                return retries.caught(state, state_input, context, error)
            time.sleep(delay_s)


def mend() -> None:
    """Put the driver in the place of MiniStack's thread, and correct what the branches use."""
    replace(stepfunctions, "_start_execution", start_execution)
    replace(stepfunctions, "_execute_task", execute_task)
    replace(stepfunctions, "_run_execution", run_execution)
    replace(stepfunctions, "_with_retry_and_catch", with_retry_and_catch)
    replace(stepfunctions, "_execute_wait", waits.execute_wait)
    replace(stepfunctions, "_error_matches", retries.error_matches)
