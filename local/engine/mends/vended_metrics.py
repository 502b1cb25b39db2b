"""What other services measure of themselves, as far as somebody looks at it here.

AWS (sfn-metrics, ses-metrics, sqs-active):
- Step Functions measures the executions that were started, by state machine;
- SES what became of the account's mails;
- SQS each minute the messages that can be received, as long as a queue is active: for six hours after it held one.

MiniStack measures none of it. Not modelled: all other metrics, beside those of dynamodb_units and the functions' own.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

from ministack.services import cloudwatch, sqs

from local.engine.mending import replace
from local.engine.mends import step_functions
from local.engine.mends.ses import delivery, events

ACTIVE_S = 6 * 3600
EVERY_S = 60
_OF_MAILS = {
    kind: kind.event_type.replace(" ", "")
    for kind in (events.SEND, events.DELIVERY, events.BOUNCE, events.COMPLAINT, events.REJECT, events.RENDERING_FAILURE)
}
_held_at: dict[str, float] = {}
"""When a queue last held a message, by its name."""


def _measure_starts() -> None:
    def start(request: dict[str, Any]) -> Any:
        answer = stock(request)
        if answer[0] == 200:
            about = {"StateMachineArn": request["stateMachineArn"]}
            cloudwatch.record_metric("AWS/States", "ExecutionsStarted", 1, "Count", about)
        return answer

    stock: Callable[..., Any] = replace(step_functions, "_stock_start_execution", start)


def _measure_mails() -> None:
    def publish(event: delivery.Event) -> None:
        if event.kind in _OF_MAILS:
            cloudwatch.record_metric("AWS/SES", _OF_MAILS[event.kind], 1, "Count")
        stock(event)

    stock: Callable[..., Any] = replace(delivery, "_publish", publish)


def _measure_queues() -> None:
    """For ever, shortly before each minute ends, so that an alarm finds it when the minute is over."""
    while True:
        time.sleep(EVERY_S - (time.time() + 2) % EVERY_S)
        for queue in sqs._queues.values():
            _measure_queue(queue)


def _measure_queue(queue: dict[str, Any]) -> None:
    with sqs._queues_lock:
        sqs._refresh_counts(queue)
        visible = int(queue["attributes"]["ApproximateNumberOfMessages"])
    name, now = queue["name"], time.time()
    if queue["messages"]:
        _held_at[name] = now
    if now - _held_at.get(name, 0) < ACTIVE_S:
        about = {"QueueName": name}
        cloudwatch.record_metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", visible, "Count", about)


def mend() -> None:
    """Measure."""
    _measure_starts()
    _measure_mails()
    threading.Thread(target=_measure_queues, name="queue-metrics", daemon=True).start()
