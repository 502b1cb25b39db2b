"""Retry and Catch of a state (source: Step Functions developer guide, "Handling errors in Step Functions workflows").

The pause before retry n is IntervalSeconds * BackoffRate**n, at most MaxDelaySeconds, and with JitterStrategy FULL a
random part of that. States.ALL matches every error name but States.Runtime and States.DataLimitExceeded, which always
end the execution.
"""

import random
from typing import Any

from ministack.services import stepfunctions

_TERMINAL = ("States.Runtime", "States.DataLimitExceeded")


class AttemptState(dict[str, Any]):
    """$$.State of one attempt: its RetryCount is set here, whatever MiniStack, which sees only one attempt, counts."""

    def __setitem__(self, key: str, value: Any) -> None:
        if key != "RetryCount":
            super().__setitem__(key, value)


def error_matches(error_equals: list[str], error: str) -> bool:
    """Whether a retrier's or catcher's ErrorEquals covers the error name."""
    return error in error_equals or (error not in _TERMINAL and bool(_stock_error_matches(error_equals, error)))


def delay_before_retry(state: dict[str, Any], error: str, counts: dict[int, int]) -> float | None:
    """Seconds to wait before the next attempt, counted in `counts` by retrier; None if there is none."""
    retrier, index = stepfunctions._find_matching_retrier(state.get("Retry", []), error, counts)
    if retrier is None:
        return None
    delay_s = retrier.get("IntervalSeconds", 1) * retrier.get("BackoffRate", 2.0) ** counts.get(index, 0)
    delay_s = min(delay_s, retrier.get("MaxDelaySeconds", delay_s))
    counts[index] = counts.get(index, 0) + 1
    return float(random.uniform(0, delay_s) if retrier.get("JitterStrategy") == "FULL" else delay_s)


def caught(state: dict[str, Any], state_input: Any, context: dict[str, Any], error: Any) -> tuple[Any, str]:
    """The output and successor that a catcher gives the error; the error itself if there is none."""
    catcher = stepfunctions._find_matching_catcher(state.get("Catch", []), error.error)
    if catcher is None:
        raise error
    language = stepfunctions._state_query_language(state, context)
    output = {"Error": error.error, "Cause": error.cause}
    return stepfunctions._apply_catcher(catcher, state_input, context, language, output), catcher["Next"]


_stock_error_matches = stepfunctions._error_matches
