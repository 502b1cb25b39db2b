"""Step Functions' executions, on disk before a start is acknowledged and with each step."""

import functools
import json
from collections.abc import Callable
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import stepfunctions

from local.engine.execution import Execution
from local.engine.journal import Journal
from local.engine.mending import replace
from local.engine.mends import step_functions
from local.engine.position import Position


class DurableExecutions:
    """An execution's record and its position are in the journal whenever it takes a step."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def install(self) -> None:
        """Listen to the steps, and leave executions out of the snapshots, which the journal replaces."""
        step_functions.on_step = self.write
        stock_state: Callable[[], dict[str, Any]] = stepfunctions.get_state
        replace(stepfunctions, "get_state", lambda: {**stock_state(), "executions": {}})
        self._stock_stop = replace(stepfunctions, "_stop_execution", self.stop)

    def write(self, execution: Execution) -> None:
        """Journal where the execution is."""
        record = execution.record
        self._journal.put_now("executions", record["executionArn"], json.dumps(record), execution.position.to_json())

    def stop(self, request: dict[str, Any]) -> Any:
        """Stop an execution, and journal that it is stopped."""
        answer = self._stock_stop(request)
        if answer[0] == 200:
            self.write(Execution(stepfunctions._executions[request["executionArn"]], Position(None, None)))
        return answer

    def restore(self) -> None:
        """Bring back the executions' records."""
        self._resumable = []
        for arn, record, position in self._journal.rows("executions"):
            execution = Execution(json.loads(str(record)), Position.from_json(str(position)))
            _partition, _aws, _states, region, account, _execution = str(arn).split(":", 5)
            stepfunctions._executions.set_scoped(account, region, arn, execution.record)
            if execution.record["status"] == "RUNNING":
                self._resumable.append((account, region, execution))

    def resume(self) -> None:
        """Let those that were running go on."""
        for account, region, execution in self._resumable:
            with request_scope(account, region):
                step_functions.timer.park(
                    execution.position.wake_at or 0.0, functools.partial(step_functions.drive, execution)
                )
