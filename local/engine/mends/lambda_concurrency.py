"""Concurrent executions are limited, and the limit answers as on AWS.

AWS (Lambda developer guide, "Lambda quotas" and "Invoke" in the API reference): over the account's or the function's
reserved concurrency a synchronous invocation is refused with TooManyRequestsException, HTTP 429, "Rate Exceeded.",
and the Reason; Step Functions sees Lambda.TooManyRequestsException. An idle execution environment may vanish.

MiniStack has another message, tells Step Functions Lambda.Unknown, and keeps idle processes of every function that
ever ran.

What a machine can bear is another matter than what an account allows: at most LAMBDA_PROCESSES processes work at once,
and an invocation that the account allows waits for its turn. An idle process of another function makes room, so that
there are at most twice as many. Functions that wait for each other synchronously, deeper than that, go on after
PATIENCE_S above the number.
"""

import json
import os
import threading
from typing import Any

from ministack.core import lambda_runtime
from ministack.core.responses import new_uuid
from ministack.services import lambda_svc, stepfunctions

from local.engine.mending import replace

_stock_throttle_response = lambda_svc._throttle_response
_stock_call_lambda = stepfunctions._call_lambda
_stock_acquire_worker = lambda_svc.acquire_worker
_stock_release_worker = lambda_svc.release_worker

PATIENCE_S = 60.0
_processes = int(os.environ["LAMBDA_PROCESSES"])
_turns = threading.Semaphore(_processes)


def throttled(reason_code: str, retry_after: int = 1, **_stock_message: str) -> dict[str, Any]:
    """The refusal in AWS's words."""
    refusal: dict[str, Any] = _stock_throttle_response(reason_code, "Rate Exceeded.", retry_after)
    return refusal


def call_lambda(function_ref: str, event: Any) -> Any:
    """A Step Functions task's Lambda call; a refusal has AWS's error name and cause."""
    try:
        return _stock_call_lambda(function_ref, event)
    except stepfunctions._ExecutionError as error:
        try:
            payload = json.loads(error.cause)
        except ValueError:
            raise error from None
        if isinstance(payload, dict) and payload.get("__type") == "TooManyRequestsException":
            cause = f"Rate Exceeded. (Service: Lambda, Status Code: 429, Request ID: {new_uuid()})"
            raise stepfunctions._ExecutionError("Lambda.TooManyRequestsException", cause) from None
        raise


def acquire_worker(*lease: Any, **options: Any) -> Any:
    """Lease a worker when its turn has come; if that takes a new process and there are too many, the longest idle one ends."""
    has_turn = _turns.acquire(timeout=PATIENCE_S)
    try:
        worker, reason = _stock_acquire_worker(*lease, **options)
    except BaseException:
        if has_turn:
            _turns.release()
        raise
    worker.has_turn = has_turn
    if reason == "spawn":
        _end_surplus()
    return worker, reason


def release_worker(worker: Any) -> None:
    """Give a leased worker back, and the turn."""
    has_turn = worker.has_turn
    _stock_release_worker(worker)
    if has_turn:
        _turns.release()


def _end_surplus() -> None:
    with lambda_runtime._lock:
        pools = lambda_runtime._workers
        surplus = sum(map(len, pools.values())) - 2 * _processes
        idle = sorted((w for pool in pools.values() for w in pool if not w.in_use), key=lambda w: w.last_used)
        ended = idle[: max(0, surplus)]
        for worker in ended:
            for pool in pools.values():
                if worker in pool:
                    pool.remove(worker)
    lambda_runtime.kill_workers(ended)


def mend() -> None:
    """Correct the refusals and bound the processes."""
    replace(lambda_svc, "_throttle_response", throttled)
    replace(stepfunctions, "_call_lambda", call_lambda)
    replace(lambda_svc, "acquire_worker", acquire_worker)
    replace(lambda_svc, "release_worker", release_worker)
