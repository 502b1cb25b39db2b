"""An asynchronous invocation that was accepted is not lost to a busy account.

AWS (Lambda developer guide, "How Lambda handles errors and retries with asynchronous invocation"): events wait in a
queue. A function's error is retried MaximumRetryAttempts times (2), a minute and then two minutes later. A throttle
is not such an attempt: the event goes back to the queue, at growing intervals, until it is
MaximumEventAgeInSeconds (6 h) old. Then it goes to the OnFailure destination or the dead-letter queue.
EventBridge's and EventBridge Scheduler's invocations are asynchronous ones.

MiniStack counts a throttle as a failed attempt, and makes EventBridge and the Scheduler try once.

A minute of AWS's retry interval lasts half a second here.
"""

import contextvars
import heapq
import itertools
import json
import logging
import os
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from ministack.core.responses import set_request_account_id, set_request_region
from ministack.services import eventbridge, lambda_svc

from local.engine.mending import replace

logger = logging.getLogger("lambda")
_THROTTLE_BASE_S, _THROTTLE_MOST_S = 0.1, 1.0
_RETRY_AFTER_S = (0.5, 1.0)


@dataclass(order=True)
class Delivery:
    """One event on its way to one function."""

    due: float
    number: int
    function_arn: str = field(compare=False)
    event: Any = field(compare=False)
    accepted_at: float = field(compare=False)
    failures: int = field(compare=False, default=0)
    throttles: int = field(compare=False, default=0)
    kept_as: str = field(compare=False, default="")
    """Its name where deliveries are made durable."""


def keep(invocation: Delivery) -> None:
    """Hears of every event that was accepted; replaced where deliveries are made durable."""


def forget(through: Delivery) -> None:
    """Hears of every event that is through: handled, given up or without a function."""


class EventQueue:
    """Lambda's internal queue, served by as many threads as there can be concurrent executions."""

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._started = False
        self._waiting: list[Delivery] = []
        self._changed = threading.Condition()
        self._numbers = itertools.count()

    def accept(self, function_arn: str, event: Any) -> None:
        """Take the event; it is tried as soon as there is capacity."""
        now = time.monotonic()
        delivery = Delivery(now, next(self._numbers), function_arn, event, accepted_at=now)
        keep(delivery)
        self._put(delivery)

    def _put(self, delivery: Delivery) -> None:
        with self._changed:
            heapq.heappush(self._waiting, delivery)
            if not self._started:
                self._started = True
                for _ in range(self._threads):
                    # Not in the caller's context: a delivery sets its own account and region.
                    threading.Thread(
                        target=contextvars.Context().run, args=(self._serve,), name="lambda-async", daemon=True
                    ).start()
            self._changed.notify()

    def _take(self) -> Delivery:
        with self._changed:
            while True:
                wait_s = self._waiting[0].due - time.monotonic() if self._waiting else None
                if wait_s is not None and wait_s <= 0:
                    return heapq.heappop(self._waiting)
                self._changed.wait(wait_s)

    def _serve(self) -> None:
        while True:
            delivery = self._take()
            try:
                if self._attempt(delivery):
                    self._put(delivery)
                else:
                    forget(delivery)
            except Exception:
                logger.exception("Asynchronous invocation of %s failed in the engine", delivery.function_arn)

    def _attempt(self, delivery: Delivery) -> bool:
        """Invoke the function; whether the event is to be tried again, at its `due`."""
        _arn, _aws, _lambda, region, account = delivery.function_arn.split(":")[:5]
        set_request_account_id(account)
        set_request_region(region)
        record, config, name = lambda_svc._get_func_record_for_ref(delivery.function_arn)
        if not record or not config:
            logger.warning("Asynchronous invocation dropped: %s is gone", delivery.function_arn)
            return False
        result = lambda_svc._execute_function(lambda_svc._execution_record_for_config(record, config), delivery.event)
        if not result.get("error"):
            return False
        # CloudFormation's EventInvokeConfig names the qualifier $LATEST, the API's names none; they are the same.
        rules = (
            lambda_svc._event_invoke_config(record, None) or lambda_svc._event_invoke_config(record, "$LATEST") or {}
        )
        if result.get("throttle"):
            delay_s = min(_THROTTLE_BASE_S * 2**delivery.throttles, _THROTTLE_MOST_S)
            delivery.throttles += 1
        elif delivery.failures < rules.get("MaximumRetryAttempts", 2):
            delay_s = _RETRY_AFTER_S[min(delivery.failures, len(_RETRY_AFTER_S) - 1)]
            delivery.failures += 1
        else:
            delay_s = float("inf")
        delivery.due = time.monotonic() + delay_s
        if delivery.due - delivery.accepted_at <= rules.get("MaximumEventAgeInSeconds", 21600):
            return True
        _give_up(name, config, rules, delivery.event, result)
        return False


def _give_up(name: str, config: dict[str, Any], rules: dict[str, Any], event: Any, result: dict[str, Any]) -> None:
    on_failure = ((rules.get("DestinationConfig") or {}).get("OnFailure") or {}).get("Destination")
    target = on_failure or (config.get("DeadLetterConfig") or {}).get("TargetArn")
    if target:
        lambda_svc._route_async_failure(target, name, event, result)
    else:
        logger.warning("Asynchronous invocation of %s given up: %s", name, result.get("body"))


queue = EventQueue(threads=int(os.environ["LAMBDA_PROCESSES"]))


def mend() -> None:
    """Send every asynchronous invocation through one queue."""

    def invoke_async(func: dict[str, Any], event: Any) -> None:
        queue.accept((func.get("config") or func)["FunctionArn"], event)

    def dispatch_from_rule(function_arn: str, payload: str) -> None:
        queue.accept(function_arn, json.loads(payload))

    replace(lambda_svc, "invoke_async_with_retry", invoke_async)
    replace(eventbridge, "_dispatch_to_lambda", dispatch_from_rule)
