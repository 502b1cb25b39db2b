"""DynamoDB in memory behind the SDK's client: takes the requests that the product's adapter renders, and parses their
expressions.

The adapter itself (`shared.aws.dynamodb`) is the real one, so what a schedule tries is the text that DynamoDB would be given.
"""

import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError

from shared.times import Clock
from simulation.fakes.table import INDEXES
from simulation.fakes.wire import Wire
from tests.explorer.expressions import InvalidExpressionError, condition, updated

WireItem = dict[str, Any]
Place = tuple[str, ...]
_INSERT = re.compile(r"INSERT INTO \"([^\"]+)\" VALUE \{(.*)\}")
_NAME = re.compile(r"'([^']+)': \?")


class ConditionalCheckFailedException(ClientError):
    """The condition did not hold; the response has the item that stood in the way."""


@dataclass
class Table:
    """The items of one table, each with its former versions, for reads that are not up to date."""

    key: Place
    items: dict[Place, WireItem] = field(default_factory=dict)
    versions: dict[Place, list[tuple[datetime, WireItem]]] = field(default_factory=dict)
    table_id: str = "the first"
    on_change: Callable[[WireItem | None, WireItem], None] = lambda *_: None

    def place(self, item: WireItem) -> Place:
        return tuple(item[name]["S"] for name in self.key)

    def keep(self, item: WireItem, now: datetime) -> None:
        """Stores it. What changes nothing changes nothing: it is not streamed."""
        place = self.place(item)
        before = self.items.get(place)
        if item != before:
            self.items[place] = item
            self.versions.setdefault(place, []).append((now, item))
            self.on_change(before, item)

    def as_of(self, at: datetime | None) -> dict[Place, WireItem]:
        """Everything as it stood then; None: as it stands now."""
        if at is None:
            return self.items
        found = {place: [item for since, item in known if since <= at] for place, known in self.versions.items()}
        return {place: versions[-1] for place, versions in found.items() if versions}


class DynamoClient:
    """The operations of the SDK's client that the product uses, over tables that all its clients share."""

    exceptions = SimpleNamespace(ConditionalCheckFailedException=ConditionalCheckFailedException)

    def __init__(self, clock: Clock, wire: Wire, tables: dict[str, Table]) -> None:
        self._clock = clock
        self._wire = wire
        self.tables = tables
        self.items_a_page = 4
        """Of a query or scan: few, so that schedules see more than one page."""
        self.read_as_of: datetime | None = None
        """Reads that promise nothing about being up to date show what was there then. The wire sets it for one call."""

    def get_item(self, TableName: str, Key: WireItem, ConsistentRead: bool) -> dict[str, Any]:
        assert ConsistentRead
        table = self.tables[TableName]

        def carry_out() -> dict[str, Any]:
            found = table.items.get(table.place(Key))
            return {"Item": found} if found is not None else {}

        return self._wire.call(f"{TableName}.GetItem", carry_out)

    def update_item(self, TableName: str, **request: Any) -> dict[str, Any]:
        return self._wire.call(f"{TableName}.UpdateItem", lambda: self._update(self.tables[TableName], request))

    def _update(self, table: Table, request: dict[str, Any]) -> dict[str, Any]:
        names, values = request["ExpressionAttributeNames"], request.get("ExpressionAttributeValues", {})
        found = table.items.get(table.place(request["Key"]))
        if "ConditionExpression" in request:
            holds = condition(request["ConditionExpression"])(found or {}, names, values)
            if not holds:
                answer: Any = {
                    "Error": {"Code": "ConditionalCheckFailedException", "Message": "The conditional request failed"}
                }
                if found:
                    answer["Item"] = found
                raise ConditionalCheckFailedException(answer, "UpdateItem")
        try:
            item = updated(found if found is not None else request["Key"], request["UpdateExpression"], names, values)
        except InvalidExpressionError as error:
            raise ClientError(
                {"Error": {"Code": "ValidationException", "Message": str(error)}}, "UpdateItem"
            ) from error
        table.keep(item, self._clock())
        return {"Attributes": item}

    def batch_get_item(self, RequestItems: Any) -> dict[str, Any]:
        ((name, wanted),) = RequestItems.items()
        table = self.tables[name]

        def carry_out() -> dict[str, Any]:
            there = table.as_of(self.read_as_of)
            places = (table.place(key) for key in wanted["Keys"])
            return {"Responses": {name: [there[place] for place in places if place in there]}}

        return self._wire.call(f"{name}.BatchGetItem", carry_out)

    def batch_execute_statement(self, Statements: list[Any]) -> dict[str, Any]:
        first = _INSERT.fullmatch(Statements[0]["Statement"])
        assert first is not None, Statements[0]["Statement"]
        table = self.tables[first[1]]

        def carry_out() -> dict[str, Any]:
            return {"Responses": [self._insert(table, one) for one in Statements]}

        return self._wire.call(f"{first[1]}.BatchExecuteStatement", carry_out)

    def _insert(self, table: Table, statement: Any) -> dict[str, Any]:
        names = _NAME.findall(statement["Statement"])
        item = dict(zip(names, statement["Parameters"], strict=True))
        if table.place(item) in table.items:
            return {"Error": {"Code": "DuplicateItem", "Message": "Duplicate primary key exists in table"}}
        table.keep(item, self._clock())
        return {}

    def query(self, TableName: str, IndexName: str, KeyConditionExpression: str, **request: Any) -> dict[str, Any]:
        table = self.tables[TableName]
        index = INDEXES[IndexName]
        names, values = request["ExpressionAttributeNames"], request["ExpressionAttributeValues"]

        def carry_out() -> dict[str, Any]:
            matches = condition(KeyConditionExpression)
            there = table.as_of(self.read_as_of).items()
            entries = sorted(
                (item[index[1]]["S"], place, item)
                for place, item in there
                if set(index) <= item.keys() and matches(item, names, values)
            )
            after = request.get("ExclusiveStartKey")
            start = (after[index[1]]["S"], table.place(after)) if after else ("", ())
            left = [item for due_at, place, item in entries if (due_at, place) > start]
            size = request.get("Limit", self.items_a_page)
            page = [{name: item[name] for name in (*table.key, *index)} for item in left[:size]]
            more = {"LastEvaluatedKey": page[-1]} if len(left) > size else {}
            if "FilterExpression" in request:  # of what was read (source: ddb-query-filter)
                passes = condition(request["FilterExpression"])
                page = [item for item in page if passes(item, names, values)]
            return {"Count": len(page), "Items": page, **more}

        return self._wire.call(f"{TableName}.Query", carry_out)

    def describe_table(self, TableName: str) -> dict[str, Any]:
        return self._wire.call(
            f"{TableName}.DescribeTable", lambda: {"Table": {"TableId": self.tables[TableName].table_id}}
        )

    def scan(self, TableName: str, ConsistentRead: bool, **request: Any) -> dict[str, Any]:
        table = self.tables[TableName]

        def carry_out() -> dict[str, Any]:
            there = table.as_of(None if ConsistentRead else self.read_as_of)
            after = request.get("ExclusiveStartKey")
            start = table.place(after) if after else ()
            places = sorted(place for place in there if place > start and _is_in(place, **request))
            page, more = places[: self.items_a_page], len(places) > self.items_a_page
            last = {"LastEvaluatedKey": {name: there[page[-1]][name] for name in table.key}} if more else {}
            units = max(1, len(page)) * (1.0 if ConsistentRead else 0.5)
            items = _given([there[place] for place in page], request)
            return {"Items": items, "ConsumedCapacity": {"CapacityUnits": units}, **last}

        return self._wire.call(f"{TableName}.Scan", carry_out)


def _is_in(place: Place, Segment: int = 0, TotalSegments: int = 1, **_: Any) -> bool:
    """A partition is in one segment (source: ddb-parallel-scan)."""
    return zlib.crc32(place[0].encode()) % TotalSegments == Segment


def _given(items: list[WireItem], request: dict[str, Any]) -> list[WireItem]:
    """What the filter leaves of what was read, and of that the attributes that are asked for."""
    names, values = request.get("ExpressionAttributeNames", {}), request.get("ExpressionAttributeValues", {})
    if "FilterExpression" in request:
        passes = condition(request["FilterExpression"])
        items = [item for item in items if passes(item, names, values)]
    if "ProjectionExpression" not in request:
        return items
    wanted = {names[one] for one in request["ProjectionExpression"].split(", ")}
    return [{name: value for name, value in item.items() if name in wanted} for item in items]
