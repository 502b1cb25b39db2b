"""Python functions run, fail and end as on AWS.

AWS (Lambda developer guide, "Lambda function errors in Python" and "execution environment lifecycle"):
- an exception's payload is {"errorMessage", "errorType": bare class name, "requestId", "stackTrace"};
- the environment survives it: module globals stay for the next invocation. A timeout (errorType Sandbox.Timedout)
  or the end of the process (Runtime.ExitError) loses it, and the next invocation gets a fresh one;
- a package that cannot be imported gives Runtime.ImportModuleError, a missing handler Runtime.HandlerNotFound, a
  value that is not JSON Runtime.MarshalError;
- the function sees its own variables and those that AWS defines, not its host's.

MiniStack reports every exception as Runtime.HandlerError, kills the process after it, hands its own environment to
the function, and waits 50 ms for the log of a handler that printed nothing.

Not modelled: MiniStack's count of recursive invocations (the concurrency limit ends a runaway loop here).
"""

from contextvars import ContextVar
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from local.engine.mending import replace
from local.engine.mends.lambda_updates import end_if_outdated
from local.engine.python_worker import PythonWorker
from local.engine.run import Run

last_run: ContextVar[Run | None] = ContextVar("last_run", default=None)
"""Of a Python function, in the thread that has just run it."""
_stock_execute = lambda_svc._execute_function_warm
_stock_worker_class = lambda_runtime._worker_class_for


def execute(func: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
    """Run one event on a worker of its own lease and shape the outcome for MiniStack's callers."""
    last_run.set(None)
    config = func.get("config") or func
    if not str(config.get("Runtime", "")).startswith("python"):
        return dict(_stock_execute(func, event, request_id))
    lambda_svc._ensure_reaper_thread()
    worker, _reason = lambda_svc.acquire_worker(
        config["FunctionName"], config, func["code_zip"], qualifier=config.get("Version", "$LATEST")
    )
    try:
        outcome = worker.invoke(
            event,
            request_id,
            trace_id=lambda_svc._xray_trace_id_for_invocation(config),
            invoked_function_arn=config["FunctionArn"],
        )
    finally:
        lambda_svc.release_worker(worker)
        end_if_outdated(worker)
    last_run.set(outcome["run"])
    if "raised" in outcome:
        return {"body": outcome["raised"], "error": True, "function_error": "Unhandled", "log": outcome["log"]}
    return {"body": outcome["returned"], "log": outcome["log"]}


def worker_class(config: dict[str, Any]) -> type:
    """PythonWorker for Python; for the others, MiniStack's choice."""
    if str(config.get("Runtime", "")).startswith("python"):
        return PythonWorker
    return _stock_worker_class(config)  # type: ignore[no-any-return]


def mend() -> None:
    """Put PythonWorker in the place of MiniStack's worker for Python functions."""
    replace(lambda_runtime, "_worker_class_for", worker_class)
    replace(lambda_svc, "_execute_function_warm", execute)
