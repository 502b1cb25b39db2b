"""The Lambda worker processes that there are now, and their end by SIGKILL."""

from typing import Any

from ministack.core import lambda_runtime

ENDS_WITHIN_S = 5.0
"""After SIGKILL."""


def running(functions: list[str]) -> list[Any]:
    """The workers of the functions, busy or waiting for the next invocation."""
    return [worker for worker in _all() if _runs(worker) and worker.config["FunctionName"] in functions]


def busy(functions: list[str]) -> list[Any]:
    """The workers that serve an invocation of one of the functions; of any function, if none is named."""
    return [
        worker
        for worker in _all()
        if worker.in_use and _runs(worker) and (not functions or worker.config["FunctionName"] in functions)
    ]


def kill(worker: Any) -> int:
    """Kill the worker's process, without a chance to say anything; its pid, once it has ended."""
    process = worker._proc
    process.kill()
    process.wait(ENDS_WITHIN_S)
    return int(process.pid)


def _all() -> list[Any]:
    with lambda_runtime._lock:
        return [worker for pool in lambda_runtime._workers.values() for worker in pool]


def _runs(worker: Any) -> bool:
    return worker._proc is not None and worker._proc.poll() is None
