"""Which request runs: nothing is charged outside one, so nothing that TTL deletes or a replica gets."""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from ministack.services import cloudwatch, dynamodb

from local.engine.mending import replace

Table = dict[str, Any]
Data = dict[str, Any]
Answer = tuple[int, Any, Any]
TIMES = {
    "_put_item": 1,
    "_update_item": 1,
    "_delete_item": 1,
    "_batch_write_item": 1,
    "_execute_statement": 1,
    "_transact_write_items": 2,
    "_execute_transaction": 2,
    "_get_item": 1,
    "_batch_get_item": 1,
    "_query": 1,
    "_scan": 1,
    "_transact_get_items": 2,
}
"""How often what an operation reads or writes counts (source: ddb-transaction-units)."""


@dataclass
class Request:
    times: int
    data: Data
    table: Table | None = None
    """The one that it is about; of a batch, the one that is at work now."""
    used: bool = False
    read_bytes: int = 0


current: ContextVar[Request | None] = ContextVar("dynamodb_request", default=None)


def on_use(kind: str, table: str, index: str, units: float) -> None:
    """Hears of all units: `Write` or `Read`. Replaced by the meter."""


def use(kind: str, table: Table, units: float, index: str = "") -> None:
    """Charge the request that runs."""
    request = current.get()
    if request is None:
        return
    request.used = True
    about = {"TableName": table["TableName"], **({"GlobalSecondaryIndexName": index} if index else {})}
    cloudwatch.record_metric("AWS/DynamoDB", f"Consumed{kind}CapacityUnits", units, "Count", about)
    on_use(kind, table["TableName"], index, units)


def times() -> int:
    request = current.get()
    return request.times if request else 1


def after(operation: str, finish: Callable[[Request, Answer], None]) -> None:
    """Have `finish` charge what an answered request of this operation has used; of one inside another, too."""

    def answered(data: Data) -> Answer:
        request = current.get()
        answer: Answer = stock(data)
        if request is not None:
            finish(request, answer)
        return answer

    stock = replace(dynamodb, operation, answered)


def mend() -> None:
    """Say of each operation that it runs; one that another calls is part of it. After all else that hangs on operations."""
    for operation, so_often in TIMES.items():
        _running(operation, so_often)


def _running(operation: str, so_often: int) -> None:
    def run(data: Data) -> Answer:
        outer = current.get()
        name = data.get("TableName")
        table = dynamodb._tables.get(dynamodb._normalize_table_name(name)) if isinstance(name, str) else None
        token = current.set(Request(outer.times if outer else so_often, data, table))
        try:
            return stock(data)  # type: ignore[no-any-return]
        finally:
            current.reset(token)

    stock = replace(dynamodb, operation, run)
