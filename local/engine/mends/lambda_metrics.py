"""Every execution of a function counts once in its metrics, whatever invoked it.

AWS (Lambda developer guide, "Types of metrics for Lambda functions"): Invocations counts the times that the code was run,
whatever came of it, and no throttled request; Errors and Duration are of the same runs, Throttles of the requests that
were refused. Duration is the handler's own, without the start of its environment (lambda-duration).

MiniStack counts what came by Invoke, an asynchronous event when it is accepted and a refusal twice, and nothing of what
streams, EventBridge, schedules and state machines start.
"""

from typing import Any

from ministack.services import cloudwatch, lambda_svc

from local.engine.mending import replace
from local.engine.mends.lambda_runtime import last_run

NAMESPACE = "AWS/Lambda"


def count_of_request(function_name: str, *, duration_ms: float, error: bool, throttle: bool) -> None:  # noqa: ARG001
    """A refusal where it is made; what was let through counts when it runs."""
    if throttle and not duration_ms:
        cloudwatch.record_metric(NAMESPACE, "Throttles", 1, "Count", {"FunctionName": function_name})


def mend() -> None:
    """Count where functions run. After lambda_runtime, which says how they do."""

    def execute(func: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
        result: dict[str, Any] = stock_execute(func, event, request_id)
        about = {"FunctionName": (func.get("config") or func)["FunctionName"]}
        run = last_run.get()
        cloudwatch.record_metric(NAMESPACE, "Invocations", 1, "Count", about)
        cloudwatch.record_metric(NAMESPACE, "Errors", 1 if result.get("error") else 0, "Count", about)
        if run:
            cloudwatch.record_metric(NAMESPACE, "Duration", run.duration_ms, "Milliseconds", about)
        return result

    stock_execute = replace(lambda_svc, "_execute_function_warm", execute)
    replace(lambda_svc, "_emit_lambda_metrics", count_of_request)
