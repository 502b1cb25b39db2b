"""A queue's name is taken until a minute after the queue was deleted.

AWS (source: sqs-deleted): CreateQueue of such a name is refused, QueueDeletedRecently, and so is a stack's queue. MiniStack
frees the name at once.
"""

import time
from typing import Any

from ministack.services import sqs
from ministack.services.cloudformation import provisioners

from local.engine.mending import MendTargetMissingError

TAKEN_S = 60
_deleted_at: dict[str, float] = {}
"""By the queue's URL."""


def mend() -> None:
    """CreateQueue and DeleteQueue, and what CloudFormation does instead of them."""
    try:
        _mend_calls(sqs._HANDLERS)
        _mend_stacks(provisioners._RESOURCE_HANDLERS["AWS::SQS::Queue"])
    except (KeyError, AttributeError) as error:
        raise MendTargetMissingError(f"SQS or CloudFormation has no {error} for queues") from error


def _mend_calls(handlers: dict[str, Any]) -> None:
    create, delete = handlers["CreateQueue"], handlers["DeleteQueue"]

    def create_queue(data: dict[str, Any], url: str) -> Any:
        _refuse_deleted(data.get("QueueName", ""))
        return create(data, url)

    def delete_queue(data: dict[str, Any], url: str) -> Any:
        answer = delete(data, url)
        _deleted_at[data.get("QueueUrl", url)] = time.monotonic()
        return answer

    handlers.update(CreateQueue=create_queue, DeleteQueue=delete_queue)


def _mend_stacks(handler: dict[str, Any]) -> None:
    create, delete = handler["create"], handler["delete"]

    def create_queue(logical_id: str, properties: dict[str, Any], stack_name: str) -> Any:
        _refuse_deleted(properties.get("QueueName", ""))
        return create(logical_id, properties, stack_name)

    def delete_queue(physical_id: str, properties: dict[str, Any]) -> None:
        delete(physical_id, properties)
        _deleted_at[physical_id] = time.monotonic()

    handler.update(create=create_queue, delete=delete_queue)


def _refuse_deleted(name: str) -> None:
    deleted_at = _deleted_at.get(sqs._queue_url(name))
    if deleted_at is not None and time.monotonic() < deleted_at + TAKEN_S:
        raise sqs._Err(
            "QueueDeletedRecently",
            "You must wait 60 seconds after deleting a queue before you can create another with the same name.",
        )
