"""PartiQL writes reach the table's stream.

AWS's rule: a stream captures every item-level modification of its table, by whichever API it was made (source: DynamoDB
developer guide, change data capture).

Stock MiniStack writes no stream record for a PartiQL INSERT, UPDATE or DELETE. ExecuteTransaction is left as it is: its
rollback would stream changes that never were.
"""

from contextvars import ContextVar
from typing import Any

from ministack.services import dynamodb

from local.engine.mending import replace

_streaming: ContextVar[bool] = ContextVar("partiql_streaming", default=False)


def mend() -> None:
    """Patch ExecuteStatement and BatchExecuteStatement's one way into the table."""

    def set_item(table: dict[str, Any], hash_key: Any, sort_key: Any, item: dict[str, Any]) -> Any:
        before = stock_set(table, hash_key, sort_key, item)
        if _streaming.get():
            dynamodb._emit_stream_event(table["TableName"], "MODIFY" if before else "INSERT", before, item)
        return before

    def remove_item(table: dict[str, Any], hash_key: Any, sort_key: Any) -> Any:
        before = stock_remove(table, hash_key, sort_key)
        if _streaming.get() and before is not None:
            dynamodb._emit_stream_event(table["TableName"], "REMOVE", before, None)
        return before

    def execute_statement(data: dict[str, Any]) -> Any:
        token = _streaming.set(True)
        try:
            return stock_execute(data)
        finally:
            _streaming.reset(token)

    stock_set = replace(dynamodb, "_set_item", set_item)
    stock_remove = replace(dynamodb, "_remove_item", remove_item)
    stock_execute = replace(dynamodb, "_execute_statement", execute_statement)
