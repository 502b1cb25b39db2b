"""A DynamoDB table as a `Store`: renders the protocol's writes as UpdateItem, and tells a lost write from a lost
answer.
"""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from shared.aws.dynamodb_wire import from_wire, insertion, scan, to_wire, update_item
from shared.errors import InvalidMessageError, StoreUnavailableError
from shared.redaction import redacted
from shared.sending.refusals import UNFIT_CODES
from shared.store import WHOLE, Answer, Item, Page, TableKey, Walk, Write

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

INSERTS_PER_CALL = 25
"""Statements that one BatchExecuteStatement takes (source: ddb-partiql)."""
GETS_PER_CALL = 100
"""Keys that one BatchGetItem takes (source: ddb-batch-get)."""
_PASSING = frozenset(
    {
        "ThrottlingError",
        "ProvisionedThroughputExceeded",
        "RequestLimitExceeded",
        "InternalServerError",
        "TransactionConflict",
    }
)
"""Errors of a single statement that go away (source: ddb-statement-errors)."""
_PAUSES_S = (0.05, 0.1, 0.2, 0.5, 1, 2, 4, 8)
T = TypeVar("T")


class DynamoTable:
    """One table. Numbers come back as int where they are whole, else as float."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table: str,
        writers: int = 1,
        pool: Callable[[int], Executor] = ThreadPoolExecutor,
    ) -> None:
        """`writers`: inserts at a time, in a `pool` of so many threads."""
        self._client = client
        self._table = table
        self._writers = writers
        self._pool = pool

    def get(self, key: TableKey) -> Item | None:
        with _answering("GetItem"):
            answer = self._client.get_item(TableName=self._table, Key=to_wire(dict(key)), ConsistentRead=True)
        return from_wire(answer["Item"]) if "Item" in answer else None

    def write(self, write: Write) -> Answer:
        request = update_item(write)
        try:
            with _answering("UpdateItem"):
                answer = self._client.update_item(TableName=self._table, **request)
        except self._client.exceptions.ConditionalCheckFailedException as refused:
            item = refused.response.get("Item")
            return Answer(False, from_wire(item) if item else None)
        return Answer(True, from_wire(answer["Attributes"]))

    def get_many(self, keys: Sequence[TableKey]) -> list[Item]:
        found: list[Item] = []
        for batch in _batches(list(keys), GETS_PER_CALL):
            wanted: Any = {self._table: {"Keys": [to_wire(dict(key)) for key in batch]}}
            for pause_s in _PAUSES_S:
                with _answering("BatchGetItem"):
                    answer = self._client.batch_get_item(RequestItems=wanted)
                found += [from_wire(item) for item in answer["Responses"].get(self._table, ())]
                wanted = answer.get("UnprocessedKeys")
                if not wanted:
                    break
                time.sleep(pause_s)
            else:
                raise StoreUnavailableError(f"BatchGetItem left {len(wanted[self._table]['Keys'])} keys unread")
        return found

    def insert(self, items: list[Item]) -> list[bool]:
        """PartiQL INSERT refuses an item that is there, each statement answering for itself (source:
        BatchExecuteStatement). Several calls at a time.
        """
        with self._pool(self._writers) as pool:
            return [put for batch in pool.map(self._insert, _batches(items, INSERTS_PER_CALL)) for put in batch]

    def _insert(self, items: list[Item]) -> list[bool]:
        """One call's worth. What is throttled is put again; then an item whose answer was lost looks as if it had been
        there.
        """
        put: dict[int, bool] = {}
        reasons: list[str] = []
        for pause_s in _PAUSES_S:
            left = [number for number in range(len(items)) if number not in put]
            answers, reasons = self._statements([items[number] for number in left]), []
            for number, answer in zip(left, answers, strict=True):
                error = answer.get("Error") or {}
                if error.get("Code") in (None, "DuplicateItem"):
                    put[number] = not error
                elif error["Code"] in _PASSING:
                    reasons.append(redacted(f"{error['Code']}: {error.get('Message')}"))
                else:
                    raise StoreUnavailableError(redacted(f"DynamoDB said {error['Code']}: {error.get('Message')}"))
            if not reasons:
                return [put[number] for number in range(len(items))]
            time.sleep(random.uniform(0, pause_s))
        raise StoreUnavailableError(f"{len(reasons)} items could not be put; the last: {reasons[-1]}")

    def _statements(self, items: list[Item]) -> Sequence[Any]:
        with _answering("BatchExecuteStatement"):
            answer = self._client.batch_execute_statement(Statements=[insertion(self._table, item) for item in items])
        return answer["Responses"]

    def query(self, index: str, partition: tuple[str, str], up_to: tuple[str, str] | None = None) -> Iterator[Item]:
        for page in self._pages(_asked(index, partition, up_to)):
            yield from (from_wire(item) for item in page["Items"])

    def has_entry(self, index: str, partition: tuple[str, str]) -> bool:
        with _answering("Query"):
            page = self._client.query(TableName=self._table, **_asked(index, partition, None), Limit=1)
        return bool(page["Items"])

    def partition(self, name: str, value: str) -> list[Item]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            ConsistentRead=True,
            KeyConditionExpression="#k = :k",
            ExpressionAttributeNames={"#k": name},
            ExpressionAttributeValues=to_wire({":k": value}),
        )
        with _answering("Query"):
            return [from_wire(item) for page in pages for item in page["Items"]]

    def count(self, index: str, partition: tuple[str, str], only: tuple[str, str] | None = None) -> int:
        """With `only` it reads as much as without it (source: ddb-query-filter)."""
        request = {**_asked(index, partition, None, only), "Select": "COUNT"}
        return sum(page["Count"] for page in self._pages(request))

    def id(self) -> str:
        """DynamoDB makes it with the table (source: ddb-table-id)."""
        with _answering("DescribeTable"):
            return self._client.describe_table(TableName=self._table)["Table"]["TableId"]

    def scan(self, after: TableKey | None, only: tuple[str, ...] = (), walk: Walk = WHOLE) -> Page:
        start: dict[str, Any] = {"ExclusiveStartKey": to_wire(dict(after))} if after else {}
        with _answering("Scan"):
            page = self._client.scan(TableName=self._table, **scan(only, walk), **start)
        next_key, units = page.get("LastEvaluatedKey"), page.get("ConsumedCapacity", {}).get("CapacityUnits", 0.0)
        return Page([from_wire(item) for item in page["Items"]], from_wire(next_key) if next_key else None, units)

    def _pages(self, request: dict[str, Any]) -> Iterator[Any]:
        while True:
            with _answering("Query"):
                page = self._client.query(TableName=self._table, **request)
            yield page
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _asked(
    index: str, partition: tuple[str, str], up_to: tuple[str, str] | None, only: tuple[str, str] | None = None
) -> dict[str, Any]:
    """The Query request, without its table."""
    names, values, conditions = {"#p": partition[0]}, {":p": partition[1]}, {"KeyConditionExpression": "#p = :p"}
    if up_to:
        names["#s"], values[":s"] = up_to
        conditions["KeyConditionExpression"] += " AND #s <= :s"
    if only:
        names["#o"], values[":o"] = only
        conditions["FilterExpression"] = "#o = :o"
    expressions = {"ExpressionAttributeNames": names, "ExpressionAttributeValues": to_wire(values)}
    return {"IndexName": index, **conditions, **expressions}


def _batches(items: list[T], size: int) -> list[list[T]]:
    return [items[start : start + size] for start in range(0, len(items), size)]


@contextmanager
def _answering(operation: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        code, text = error.response["Error"]["Code"], redacted(error.response["Error"]["Message"])
        if code == "ConditionalCheckFailedException":
            raise
        if code == "ValidationException":
            raise InvalidMessageError(f"DynamoDB refused the {operation}: {text}") from error
        raise StoreUnavailableError(f"{operation}: {code}: {text}", unfit=code in UNFIT_CODES) from error
    except BotoCoreError as error:
        raise StoreUnavailableError(f"{operation}: {error}") from error
