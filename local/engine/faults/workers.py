"""The Lambda worker processes that are at work now, and their end by SIGKILL."""

from typing import Any

from ministack.core import lambda_runtime


def busy(functions: list[str]) -> list[Any]:
    """The workers that serve an invocation of one of the functions; of any function, if none is named."""
    with lambda_runtime._lock:
        workers = [worker for pool in lambda_runtime._workers.values() for worker in pool]
    return [
        worker
        for worker in workers
        if worker.in_use and _runs(worker) and (not functions or worker.config["FunctionName"] in functions)
    ]


def kill(worker: Any) -> int:
    """Kill the worker's process, without a chance to say anything; its pid."""
    worker._proc.kill()
    return int(worker._proc.pid)


def _runs(worker: Any) -> bool:
    return worker._proc is not None and worker._proc.poll() is None
