"""Items and writes as DynamoDB's API has them. Pure."""

import json
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from shared.store import Item, Term, Walk, Write

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_TESTS = {"equals": "{0} = {1}", "differs": "(attribute_not_exists({0}) OR {0} <> {1})", "before": "{0} < {1}",
          "at_least": "{0} >= {1}", "less": "{0} < {1}"}  # fmt: skip
_serializer, _deserializer = TypeSerializer(), TypeDeserializer()


def update_item(write: Write) -> dict[str, Any]:
    """The UpdateItem request of a write, without its table."""
    said = _Expressions()
    request: dict[str, Any] = {
        "Key": to_wire(dict(write.key)),
        "UpdateExpression": said.update(write),
        "ReturnValues": "ALL_NEW",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    if write.arms:
        request["ConditionExpression"] = said.condition(write.arms)
    return request | said.meaning()


def scan(only: tuple[str, ...], walk: Walk) -> dict[str, Any]:
    """The Scan request, without its table and where it begins. What it leaves out is charged as well (source:
    ddb-reads).
    """
    said = _Expressions()
    request: dict[str, Any] = {"ConsistentRead": walk.consistent, "ReturnConsumedCapacity": "TOTAL"}
    if walk.segments > 1:  # source: ddb-parallel-scan
        request |= {"Segment": walk.segment, "TotalSegments": walk.segments}
    if walk.arms:
        request["FilterExpression"] = said.condition(walk.arms)
    if only:
        request["ProjectionExpression"] = said.projection(only)
    return request | said.meaning()


class _Expressions:
    """A request's expressions, and the names and values that their placeholders stand for."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self.values: Item = {}

    def update(self, write: Write) -> str:
        clauses = []
        if write.sets:
            sets = (f"{self._path(name)} = {self._value(given)}" for name, given in write.sets.items())
            clauses.append("SET " + ", ".join(sets))
        if write.adds:
            adds = (f"{self._path(name)} {self._value(number)}" for name, number in write.adds.items())
            clauses.append("ADD " + ", ".join(adds))
        if write.removes:
            clauses.append("REMOVE " + ", ".join(map(self._path, write.removes)))
        return " ".join(clauses)

    def condition(self, given: tuple[tuple[Term, ...], ...]) -> str:
        arms = [" AND ".join(map(self._term, arm)) for arm in given]
        return arms[0] if len(arms) == 1 else " OR ".join(f"({arm})" for arm in arms)

    def projection(self, names: tuple[str, ...]) -> str:
        return ", ".join(map(self._path, names))

    def meaning(self) -> dict[str, Any]:
        """What the placeholders stand for, as far as there are any."""
        names = {placeholder: name for name, placeholder in self.names.items()}
        meaning = {"ExpressionAttributeNames": names, "ExpressionAttributeValues": to_wire(self.values)}
        return {name: placeholders for name, placeholders in meaning.items() if placeholders}

    def _term(self, term: Term) -> str:
        match term.test:
            case "absent":
                return f"attribute_not_exists({self._path(term.attribute)})"
            case "exists":
                return f"attribute_exists({self._path(term.attribute)})"
            case "in":
                return f"{self._path(term.attribute)} IN ({', '.join(map(self._value, term.value))})"
            case test:
                return _TESTS[test].format(self._path(term.attribute), self._value(term.value))

    def _path(self, attribute: str) -> str:
        return ".".join(self.names.setdefault(part, f"#{len(self.names)}") for part in attribute.split("."))

    def _value(self, given: Any) -> str:
        name = f":{len(self.values)}"
        self.values[name] = given
        return name


def insertion(table: str, item: Item) -> Any:
    """A parameter for each attribute: the one form of an item that is documented (source:
    ddb-partiql).
    """
    return {"Statement": _insert(table, tuple(item)), "Parameters": [_to_wire(value) for value in item.values()]}


@lru_cache(16)
def _insert(table: str, names: tuple[str, ...]) -> str:
    attributes = ", ".join(f"'{name}': ?" for name in names)
    return f'INSERT INTO "{table}" VALUE {{{attributes}}}'


def write_statements_as_they_are(client: "DynamoDBClient") -> None:
    """The SDK looks up the shape of each value of each statement, which takes a sixth of the producer's CPU, and changes none of
    them: `insertion` makes them as JSON has them. Its own check of parameters must be off, as it finds none.
    """
    batch = "dynamodb.BatchExecuteStatement"
    client.meta.events.register(f"before-parameter-build.{batch}", _take_statements)
    client.meta.events.register(f"before-call.{batch}", _write_statements)


def _take_statements(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    context["statements"] = params.pop("Statements")


def _write_statements(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    params["body"] = json.dumps({"Statements": context.pop("statements")}).encode()


def to_wire(item: Item) -> dict[str, Any]:
    return {name: _to_wire(value) for name, value in item.items()}


def _to_wire(value: Any) -> Any:
    """Texts, and maps of texts, are nearly all that an item has: the library asks of each whether it is one of eight other types
    first, and took a quarter of the producer's CPU.
    """
    if type(value) is str:
        return {"S": value}
    if type(value) is dict:
        return {"M": to_wire(value)}
    return _serializer.serialize(_decimals(value))


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
