"""Lambda: how often functions ran, and for how long they are billed; CloudWatch: what their logs and all others took in."""

from typing import Any

from ministack.services import lambda_svc

from local.engine.mending import replace
from local.engine.mends import lambda_logs
from local.engine.mends.cloudwatch import points
from local.engine.mends.lambda_runtime import last_run
from local.engine.meter.counts import counts

MB_OF_A_GB = 1024


def install() -> None:
    """Hear of each run, each line and each metric."""
    _count_runs()

    def on_bytes(group: str, size: int) -> None:
        counts.add("logged", group, size)

    replace(lambda_logs, "on_bytes", on_bytes)
    _count_metrics()


def _count_runs() -> None:
    def execute(func: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
        result: dict[str, Any] = stock_execute(func, event, request_id)
        config = func.get("config") or func
        counts.add("invocations", config["FunctionName"])
        if run := last_run.get():
            gigabytes = int(config.get("MemorySize", 128)) / MB_OF_A_GB
            counts.add("billed", config["FunctionName"], run.billed_ms / 1000 * gigabytes)
        return result

    stock_execute = replace(lambda_svc, "_execute_function_warm", execute)


def _count_metrics() -> None:
    """One's own; a metric is charged for by the hour in which it is measured, however often."""

    def add(namespace: str, name: str, dimensions: Any, *about: Any) -> None:
        if not namespace.startswith("AWS/"):
            counts.add("metrics", f"{namespace} {name} {sorted(dimensions.items())}")
        stock_add(namespace, name, dimensions, *about)

    stock_add = replace(points, "add", add)
