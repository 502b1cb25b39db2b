"""The units of a write.

AWS (ddb-write-unit, ddb-index-writes, ddb-refused-write, ddb-transaction-units):
- one for each started KB, of the item before or after, whichever is larger; a delete of nothing uses one;
- a write that its condition refuses uses one for each started KB of the item that is there, and one if there is none;
- an index one for each started KB of an entry that comes, goes or changes; both of one that moves; none of one that is untouched;
- a transaction twice as many, also where it only checks; its indexes as ever.
"""

from collections.abc import Callable
from typing import Any

from ministack.services import dynamodb

from local.engine.mending import replace
from local.engine.mends.dynamodb_units import requests
from local.engine.mends.dynamodb_units.requests import Answer, Data, Request, Table, current, use

Item = dict[str, Any]


def units(*items: Item | None) -> float:
    """Of the largest of these; no item is as one of nothing."""
    return float(dynamodb._capacity_kb(max(dynamodb._item_size_bytes(item or {}) for item in items)))


def written(table: Table, before: Item | None, after: Item | None) -> None:
    """One item has changed."""
    if current.get() is None:
        return
    use("Write", table, requests.times() * units(before, after))
    for index in table.get("GlobalSecondaryIndexes") or []:
        if used := dynamodb._index_write_units(table, index, before, after):
            use("Write", table, used, index["IndexName"])
    for index in table.get("LocalSecondaryIndexes") or []:
        if used := dynamodb._index_write_units(table, index, before, after):
            use("Write", table, used)


def refused(there: Item | None) -> None:
    """The request's condition did not hold."""
    request = current.get()
    if request and request.table:
        use("Write", request.table, request.times * units(there))


def mend() -> None:
    """Charge what changes, what is refused, and what had nothing to change."""
    _mend_items()
    _mend_refusals()
    _mend_statements()
    for operation in ("_delete_item", "_execute_statement"):
        requests.after(operation, _nothing_deleted)
    requests.after("_transact_write_items", _checked)


def _mend_items() -> None:
    def set_item(table: Table, *key: Any) -> Item | None:
        before: Item | None = stock_set(table, *key)
        written(table, before, key[-1])
        return before

    def remove_item(table: Table, *key: Any) -> Item | None:
        before: Item | None = stock_remove(table, *key)
        written(table, before, None)
        return before

    stock_set: Callable[..., Any] = replace(dynamodb, "_set_item", set_item)
    stock_remove: Callable[..., Any] = replace(dynamodb, "_remove_item", remove_item)


def _mend_refusals() -> None:
    def check_failed(data: Data, old_item: Item | None, *message: str) -> Answer:
        refused(old_item)
        return stock(data, old_item, *message)  # type: ignore[no-any-return]

    stock = replace(dynamodb, "_conditional_check_failed", check_failed)


def _mend_statements() -> None:
    """A statement names its table itself; an INSERT is refused without a condition."""
    for name in ("_partiql_insert", "_partiql_update", "_partiql_delete"):
        _about_its_table(name)

    def insert(table: Table, parsed: dict[str, Any]) -> Answer:
        answer: Answer = stock(table, parsed)
        if b"DuplicateItemException" in answer[2]:
            refused(dynamodb._get_item_by_key(table, parsed["item"].get("M", parsed["item"])))
        return answer

    stock = replace(dynamodb, "_partiql_insert", insert)


def _about_its_table(name: str) -> None:
    def run(table: Table, parsed: dict[str, Any], *data: Any) -> Answer:
        if request := current.get():
            request.table = table
        return stock(table, parsed, *data)  # type: ignore[no-any-return]

    stock = replace(dynamodb, name, run)


def _nothing_deleted(request: Request, answer: Answer) -> None:
    """A delete that found nothing; a SELECT is no write, and has been charged."""
    if answer[0] == 200 and request.table and not request.used:
        use("Write", request.table, request.times)


def _checked(request: Request, answer: Answer) -> None:
    if answer[0] != 200:
        return
    for check in filter(None, (action.get("ConditionCheck") for action in request.data["TransactItems"])):
        table = dynamodb._tables[check["TableName"]]
        use("Write", table, request.times * units(dynamodb._get_item_by_key(table, check["Key"])))
