"""A DynamoDB table as a `Store`: renders the protocol's writes as UpdateItem, and tells a lost write from a lost
answer.
"""

import random
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import BotoCoreError, ClientError

from shared.errors import InvalidMessageError, StoreUnavailableError
from shared.redaction import redacted
from shared.sending.refusals import UNFIT_CODES
from shared.store import Answer, Item, Page, TableKey, Term, Write

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

INSERTS_PER_CALL = 25
"""Statements that one BatchExecuteStatement takes (source: botocore model)."""
GETS_PER_CALL = 100
"""Keys that one BatchGetItem takes (source: botocore model)."""
_PASSING = frozenset(
    {
        "ThrottlingError",
        "ProvisionedThroughputExceeded",
        "RequestLimitExceeded",
        "InternalServerError",
        "TransactionConflict",
    }
)
"""Errors of a single statement that go away (source: botocore model, BatchStatementErrorCodeEnum)."""
_PAUSES_S = (0.05, 0.1, 0.2, 0.5, 1, 2, 4, 8)
T = TypeVar("T")

_TESTS = {"equals": "{0} = {1}", "differs": "(attribute_not_exists({0}) OR {0} <> {1})", "before": "{0} < {1}",
          "at_least": "{0} >= {1}", "less": "{0} < {1}"}  # fmt: skip
_serializer, _deserializer = TypeSerializer(), TypeDeserializer()


class DynamoTable:
    """One table. Numbers come back as int where they are whole, else as float."""

    def __init__(self, client: "DynamoDBClient", table: str, writers: int = 1) -> None:
        """`writers`: inserts at a time."""
        self._client = client
        self._table = table
        self._writers = writers

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
        with ThreadPoolExecutor(self._writers) as pool:
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
            answer = self._client.batch_execute_statement(Statements=[_insertion(self._table, item) for item in items])
        return answer["Responses"]

    def query(self, index: str, partition: tuple[str, str], up_to: tuple[str, str]) -> Iterator[Item]:
        for page in self._pages(index, partition, up_to):
            yield from (from_wire(item) for item in page["Items"])

    def count(self, index: str, partition: tuple[str, str]) -> int:
        return sum(page["Count"] for page in self._pages(index, partition, None))

    def scan(self, after: TableKey | None) -> Page:
        start: dict[str, Any] = {"ExclusiveStartKey": to_wire(dict(after))} if after else {}
        with _answering("Scan"):
            page = self._client.scan(TableName=self._table, ConsistentRead=True, **start)
        next_key = page.get("LastEvaluatedKey")
        return Page([from_wire(item) for item in page["Items"]], from_wire(next_key) if next_key else None)

    def _pages(self, index: str, partition: tuple[str, str], up_to: tuple[str, str] | None) -> Iterator[Any]:
        condition, names, values = "#p = :p", {"#p": partition[0]}, {":p": partition[1]}
        if up_to:
            condition += " AND #s <= :s"
            names["#s"], values[":s"] = up_to
        request: dict[str, Any] = {
            "TableName": self._table,
            "IndexName": index,
            "KeyConditionExpression": condition,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": to_wire(values),
        }
        if up_to is None:
            request["Select"] = "COUNT"
        while True:
            with _answering("Query"):
                page = self._client.query(**request)
            yield page
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def update_item(write: Write) -> dict[str, Any]:
    """The UpdateItem request of a write, without its table."""
    names: dict[str, str] = {}
    values: Item = {}

    def path(attribute: str) -> str:
        return ".".join(names.setdefault(part, f"#{len(names)}") for part in attribute.split("."))

    def value(given: Any) -> str:
        name = f":{len(values)}"
        values[name] = given
        return name

    def condition(term: Term) -> str:
        match term.test:
            case "absent":
                return f"attribute_not_exists({path(term.attribute)})"
            case "exists":
                return f"attribute_exists({path(term.attribute)})"
            case "in":
                return f"{path(term.attribute)} IN ({', '.join(value(one) for one in term.value)})"
            case test:
                return _TESTS[test].format(path(term.attribute), value(term.value))

    clauses = []
    if write.sets:
        clauses.append("SET " + ", ".join(f"{path(name)} = {value(given)}" for name, given in write.sets.items()))
    if write.adds:
        clauses.append("ADD " + ", ".join(f"{path(name)} {value(number)}" for name, number in write.adds.items()))
    if write.removes:
        clauses.append("REMOVE " + ", ".join(path(name) for name in write.removes))
    arms = [" AND ".join(condition(term) for term in arm) for arm in write.arms]
    request: dict[str, Any] = {
        "Key": to_wire(dict(write.key)),
        "UpdateExpression": " ".join(clauses),
        "ReturnValues": "ALL_NEW",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    if arms:
        request["ConditionExpression"] = arms[0] if len(arms) == 1 else " OR ".join(f"({arm})" for arm in arms)
    request["ExpressionAttributeNames"] = {placeholder: name for name, placeholder in names.items()}
    if values:
        request["ExpressionAttributeValues"] = to_wire(values)
    return request


def _insertion(table: str, item: Item) -> Any:
    """A parameter for each attribute: the one form of an item that is documented (source: DynamoDB developer guide,
    PartiQL insert statements).
    """
    wire = to_wire(item)
    attributes = ", ".join(f"'{name}': ?" for name in wire)
    return {"Statement": f'INSERT INTO "{table}" VALUE {{{attributes}}}', "Parameters": list(wire.values())}


def to_wire(item: Item) -> dict[str, Any]:
    return {name: _serializer.serialize(_decimals(value)) for name, value in item.items()}


def from_wire(item: Any) -> Item:
    return {name: _plain(_deserializer.deserialize(value)) for name, value in item.items()}


def _decimals(value: Any) -> Any:
    if isinstance(value, float):
        return Decimal(str(value))
    if isinstance(value, dict):
        return {name: _decimals(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_decimals(part) for part in value]
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return value


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
