"""The units of a read.

AWS (ddb-read-unit, ddb-reads, ddb-transaction-units):
- one for each started 4 KB that is read consistently, half of it where it may be a moment old, two in a transaction;
- one item is rounded up by itself, also each of a batch; a query and a scan by all that they have read together, of an index by
  what it holds;
- what finds nothing uses what the smallest item would.
"""

import math
from collections.abc import Iterable
from typing import Any

from ministack.services import dynamodb

from local.engine.mending import replace
from local.engine.mends.dynamodb_units import requests
from local.engine.mends.dynamodb_units.requests import Answer, Data, Request, Table, current, use

UNIT_BYTES = 4096
Item = dict[str, Any]


def units(size: int, data: Data) -> float:
    """Of so many bytes that were read together, as consistently as `data` asks."""
    return max(1, math.ceil(size / UNIT_BYTES)) * (1 if data.get("ConsistentRead") else 0.5)


def mend() -> None:
    """Charge what is read."""
    replace(dynamodb, "_paginate_evaluated_items", page_of)
    requests.after("_get_item", _got)
    requests.after("_batch_get_item", _got_several)
    requests.after("_transact_get_items", _got_together)
    for operation in ("_query", "_scan"):
        requests.after(operation, _walked)
    _mend_select()


def page_of(items: Iterable[Item], limit: Any, table: Table, index: str | None = None) -> tuple[list[Item], bool]:
    """As MiniStack's: the page, and whether it ended before the items did; its size is kept for the request."""
    page: list[Item] = []
    size, request = 0, current.get()
    ended = False
    for item in items:
        entry = dynamodb._apply_index_projection(item, table, index) if index else item
        bytes_more = dynamodb._item_size_bytes(entry)
        if ended := bool(page) and size + bytes_more > dynamodb._DDB_PAGE_SIZE_BYTES:
            break
        page.append(item)
        size += bytes_more
        if ended := (limit is not None and len(page) >= int(limit)) or size >= dynamodb._DDB_PAGE_SIZE_BYTES:
            break
    if request:
        request.read_bytes = size
    return page, ended


def _got(request: Request, answer: Answer) -> None:
    if answer[0] == 200 and request.table:
        use("Read", request.table, units(_size(request.table, request.data["Key"]), request.data))


def _got_several(request: Request, answer: Answer) -> None:
    if answer[0] != 200:
        return
    for name, asked in request.data["RequestItems"].items():
        table = dynamodb._tables[dynamodb._normalize_table_name(name)]
        use("Read", table, sum(units(_size(table, key), asked) for key in asked["Keys"]))


def _got_together(request: Request, answer: Answer) -> None:
    if answer[0] != 200:
        return
    for asked in (action["Get"] for action in request.data["TransactItems"]):
        table = dynamodb._tables[dynamodb._normalize_table_name(asked["TableName"])]
        use("Read", table, request.times * units(_size(table, asked["Key"]), {"ConsistentRead": True}))


def _walked(request: Request, answer: Answer) -> None:
    if answer[0] == 200 and request.table:
        index = request.data.get("IndexName", "")
        is_global = index in {one["IndexName"] for one in request.table.get("GlobalSecondaryIndexes") or []}
        use("Read", request.table, units(request.read_bytes, request.data), index if is_global else "")


def _mend_select() -> None:
    """A SELECT reads one item where it names the key, and else the table."""

    def select(table: Table, parsed: dict[str, Any]) -> Answer:
        if request := current.get():
            use("Read", table, request.times * units(_selected(table, parsed), request.data))
        return stock(table, parsed)  # type: ignore[no-any-return]

    stock = replace(dynamodb, "_partiql_select", select)


def _selected(table: Table, parsed: dict[str, Any]) -> int:
    partition, sort, _condition, fault = dynamodb._partiql_key_target(table, parsed)
    if fault is None:
        return int(dynamodb._item_size_bytes(table["items"].get(partition, {}).get(sort) or {}))
    return sum(dynamodb._item_size_bytes(item) for sorts in table["items"].values() for item in sorts.values())


def _size(table: Table, key: Item) -> int:
    return int(dynamodb._item_size_bytes(dynamodb._get_item_by_key(table, key) or {}))
