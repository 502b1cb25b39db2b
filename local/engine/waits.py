"""Wait states (source: Step Functions developer guide, "Wait workflow state").

A timestamp counts in whole seconds: its fraction is cut off. A path that leads to no whole number of seconds, or to no
RFC 3339 timestamp, ends the execution with States.Runtime.
"""

import json
import math
import time
from typing import Any

from ministack.services import stepfunctions
from ministack.services.stepfunctions import _ExecutionError

MOST_SECONDS = 99_999_999


def now() -> float:
    """Seconds of the epoch."""
    return time.time()


def wake_time(state: dict[str, Any], state_input: Any, context: dict[str, Any]) -> float:
    """When the Wait state that is entered now ends, in seconds of the epoch."""
    if stepfunctions._state_query_language(state, context) == "JSONata":
        if "Seconds" in state:
            return now() + float(stepfunctions._jsonata_wait_seconds(state, state_input, context))
        return _instant(stepfunctions._jsonata_wait_timestamp(state, state_input, context), "Timestamp")
    selected = stepfunctions._apply_input_path(state, state_input, context)
    if "SecondsPath" in state:
        value = stepfunctions._resolve_path_or_ctx(state["SecondsPath"], selected, context)
        return now() + _seconds(value, state["SecondsPath"])
    if "TimestampPath" in state:
        value = stepfunctions._resolve_path_or_ctx(state["TimestampPath"], selected, context)
        return _instant(value, state["TimestampPath"])
    if "Seconds" in state:
        return now() + _seconds(state["Seconds"], "Seconds")
    return _instant(state["Timestamp"], "Timestamp")


def leave(state: dict[str, Any], state_input: Any, context: dict[str, Any]) -> tuple[Any, str | None]:
    """The output and successor of a Wait state that is over."""
    over = {k: v for k, v in state.items() if k not in ("Seconds", "SecondsPath", "Timestamp", "TimestampPath")}
    result: tuple[Any, str | None] = _stock_execute_wait(over, state_input, context)
    return result


def execute_wait(state: dict[str, Any], state_input: Any, context: dict[str, Any]) -> tuple[Any, str | None]:
    """A Wait state inside a Map or Parallel branch, whose thread waits."""
    time.sleep(max(0.0, wake_time(state, state_input, context) - now()))
    return leave(state, state_input, context)


def _seconds(value: Any, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        raise _ExecutionError(
            "States.Runtime",
            f"The SecondsPath parameter does not reference an integer value: {where} == {json.dumps(value)}",
        )
    if not 0 <= value <= MOST_SECONDS:
        raise _ExecutionError("States.Runtime", f"The seconds to wait are not between 0 and {MOST_SECONDS}: {value}")
    return int(value)


def _instant(value: Any, where: str) -> float:
    moment = stepfunctions._parse_ts(value)
    if moment is None or moment.tzinfo is None:
        raise _ExecutionError(
            "States.Runtime",
            "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: "
            f"{where} == {json.dumps(value)}",
        )
    return float(math.floor(moment.timestamp()))


_stock_execute_wait = stepfunctions._execute_wait
