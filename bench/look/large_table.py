"""An outbox of fourteen large months, behind the SDK's client. It stands in for DynamoDB: it holds how many entries each
index partition has and makes a page of them when it is asked for one; each call takes a declared time.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from shared.aws.dynamodb_wire import to_wire
from shared.keys import SHARDS, Key
from shared.outbox.states import EXCEPTIONAL, Status

PAGE_BYTES = 1_000_000
"""Of a query (source: ddb-page)."""
UNIT_BYTES = 4_096
"""Of a consistent read unit; an eventually consistent read costs half of it (source: ddb-read-unit)."""
PAGE_S, CALL_S = 0.060, 0.010
"""Declared: what a page of a megabyte takes, and any other call."""
ENTRY_BYTES = 110
"""Of an index entry: names and values of its keys and the table's, for a user's id of 36 bytes (source: ddb-item-size)."""
REASON = "SES said MessageRejected: the address is malformed"


@dataclass
class Cost:
    """What was asked of DynamoDB."""

    calls: int = 0
    units: float = 0.0
    _lock: Lock = field(default_factory=Lock)

    def add(self, read_bytes: int) -> None:
        """An eventually consistent read."""
        with self._lock:
            self.calls += 1
            self.units += max(1, -(-read_bytes // UNIT_BYTES)) / 2


class LargeTable:
    """The SDK's client for the outbox, as far as a look asks it."""

    def __init__(self, period: str, statuses: Mapping[Status, int]) -> None:
        """`statuses`: of the month that is looked at. Of the thirteen others nothing waits."""
        self.cost = Cost()
        self._period = period
        waiting = sum(number for status, number in statuses.items() if status in (Status.PENDING, Status.CLAIMED))
        self._partitions = {f"OPEN#{shard}": waiting // SHARDS for shard in range(SHARDS)}
        self._partitions |= {f"{period} {one}": statuses.get(one, 0) for one in EXCEPTIONAL}

    def query(self, ExpressionAttributeValues: Any, **request: Any) -> dict[str, Any]:  # the SDK's names
        entries = self._partitions.get(ExpressionAttributeValues[":p"]["S"], 0)
        start = int(request.get("ExclusiveStartKey", {"N": "0"})["N"])
        here = min(entries - start, PAGE_BYTES // ENTRY_BYTES)
        self.cost.add(here * ENTRY_BYTES)
        time.sleep(CALL_S + PAGE_S * here * ENTRY_BYTES / PAGE_BYTES)
        more = {"LastEvaluatedKey": {"N": str(start + here)}} if start + here < entries else {}
        if request.get("Select") == "COUNT":
            return {"Count": here, **more}
        status = ExpressionAttributeValues[":p"]["S"].split()[-1]
        return {"Items": [self._key(status, start + number) for number in range(here)], **more}

    def batch_get_item(self, RequestItems: Any) -> dict[str, Any]:
        ((table, wanted),) = RequestItems.items()
        items = [self._item(key["user_id"]["S"]) for key in wanted["Keys"]]
        self.cost.add(len(items) * UNIT_BYTES)
        time.sleep(PAGE_S)
        return {"Responses": {table: items}}

    def describe_table(self, **_: Any) -> dict[str, Any]:
        time.sleep(CALL_S)
        return {"Table": {"TableId": "large"}}

    def _key(self, status: str, number: int) -> dict[str, Any]:
        return to_wire(Key(f"{status}-{number:029}", self._period)._asdict())

    def _item(self, user_id: str) -> dict[str, Any]:
        status = Status(user_id.split("-")[0])
        key = Key(user_id, self._period)
        return to_wire({**key._asdict(), "status": status.value, "fence": 1, "last_error": REASON, "history": {}})
