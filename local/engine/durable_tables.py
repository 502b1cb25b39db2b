"""DynamoDB's tables, items and streams, on disk before a write is acknowledged."""

import ast
import json
from collections.abc import Callable
from typing import Any

from ministack.core import persistence
from ministack.core.responses import request_scope
from ministack.services import dynamodb
from ministack.services.cloudformation import provisioners

from local.engine.journal import Journal
from local.engine.mending import MendTargetMissingError, replace

_READS = ("Describe", "List", "Get", "Query", "Scan", "BatchGet", "TransactGet")
_ITEM_WRITES = (
    "PutItem",
    "UpdateItem",
    "DeleteItem",
    "BatchWriteItem",
    "TransactWriteItems",
    "ExecuteStatement",
    "BatchExecuteStatement",
    "ExecuteTransaction",
)


class DurableTables:
    """Items and stream records go to the journal with each write, tables to a snapshot with each change."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def install(self) -> None:
        """Listen to the writes."""
        self._stock_set = replace(dynamodb, "_set_item", self.set_item)
        self._stock_remove = replace(dynamodb, "_remove_item", self.remove_item)
        self._stock_emit = replace(dynamodb, "_emit_stream_event", self.emit)
        self._stock_handle = replace(dynamodb, "handle_request", self.handle)
        try:
            table = provisioners._RESOURCE_HANDLERS["AWS::DynamoDB::Table"]
            table.update({change: self.saving(table[change]) for change in ("create", "update", "delete")})
        except KeyError as error:
            raise MendTargetMissingError(f"CloudFormation has no {error} for tables") from error

    def set_item(self, table: dict[str, Any], partition: Any, sort: Any, item: dict[str, Any]) -> Any:
        """Store an item, and journal it."""
        self._journal.put("items", table["TableId"], repr((partition, sort)), json.dumps(item))
        return self._stock_set(table, partition, sort, item)

    def remove_item(self, table: dict[str, Any], partition: Any, sort: Any) -> Any:
        """Remove an item, and journal that it is gone."""
        self._journal.put("items", table["TableId"], repr((partition, sort)), None)
        return self._stock_remove(table, partition, sort)

    def emit(self, table_name: str, *change: Any, **options: Any) -> None:
        """Emit a stream record, and journal it at its position."""
        before = dynamodb.stream_end_position(table_name)
        self._stock_emit(table_name, *change, **options)
        if dynamodb.stream_end_position(table_name) > before:
            record = dynamodb._stream_records[table_name][-1]
            self._journal.put("records", record["eventSourceARN"], before, json.dumps(record))

    def saving(self, change: Callable[..., Any]) -> Callable[..., Any]:
        """CloudFormation's way to change a table, which takes no request: it is done when the snapshot is taken."""

        def changed(*about: Any, **more: Any) -> Any:
            answer = change(*about, **more)
            persistence.save_state("dynamodb", dynamodb.get_state())
            return answer

        return changed

    async def handle(self, method: str, path: str, headers: dict[str, str], *rest: Any) -> Any:
        """Answer a request; what it wrote is in the journal before the answer goes out."""
        answer = await self._stock_handle(method, path, headers, *rest)
        if answer[0] != 200:
            self._journal.rollback()
            return answer
        self._journal.commit()
        action = headers.get("x-amz-target", "").rpartition(".")[2]
        if not action.startswith(_READS) and action not in _ITEM_WRITES:
            persistence.save_state("dynamodb", dynamodb.get_state())
        return answer

    def restore(self) -> None:
        """Bring tables and streams from their snapshot to their last state."""
        tables = {table["TableId"]: table for table in dynamodb._tables.all_values()}
        for table_id, keys, item in self._journal.rows("items"):
            if table_id in tables:
                partition, sort = ast.literal_eval(str(keys))
                if item is None:
                    self._stock_remove(tables[table_id], partition, sort)
                else:
                    self._stock_set(tables[table_id], partition, sort, json.loads(str(item)))
        streams = {table.get("LatestStreamArn"): table for table in tables.values()}
        for stream, position, record in self._journal.rows("records"):
            if stream in streams:
                _partition, _aws, _service, region, account, _table = str(stream).split(":", 5)
                with request_scope(account, region):
                    name = streams[stream]["TableName"]
                    if name not in dynamodb._stream_records:
                        dynamodb._stream_records[name], dynamodb._stream_trimmed[name] = [], position
                    dynamodb._stream_records[name].append(json.loads(str(record)))
