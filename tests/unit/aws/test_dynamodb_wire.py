"""Items as DynamoDB's API has them: the short way that most values take leads where the library's own does."""

from decimal import Decimal
from typing import Any

import pytest
from boto3.dynamodb.types import TypeSerializer

from shared.aws.dynamodb_wire import from_wire, insertion, to_wire
from shared.outbox.states import Status

VALUES: dict[str, Any] = {
    "text": "a text",
    "empty": "",
    "member": Status.PENDING.value,
    "whole": 3,
    "true": True,
    "nothing": None,
    "map": {"text": "t", "number": 7, "inner": {"empty": {}, "texts": ["a", "b"]}},
    "list": ["a", 1, {"b": "c"}, None],
}


@pytest.mark.parametrize("name", VALUES)
def test_a_value_is_written_as_the_library_writes_it(name: str) -> None:
    wire = to_wire({name: VALUES[name]})
    assert wire == {name: TypeSerializer().serialize(VALUES[name])}
    assert from_wire(wire) == {name: VALUES[name]}


def test_a_float_is_the_number_that_it_shows_wherever_it_stands() -> None:
    wire = to_wire({"share": 0.1, "map": {"share": 0.1}, "list": [0.1]})
    number = TypeSerializer().serialize(Decimal("0.1"))
    assert wire == {"share": number, "map": {"M": {"share": number}}, "list": {"L": [number]}}


def test_each_insertion_names_its_own_attributes() -> None:
    assert insertion("outbox", {"user_id": "u", "fence": 0}) == {
        "Statement": "INSERT INTO \"outbox\" VALUE {'user_id': ?, 'fence': ?}",
        "Parameters": [{"S": "u"}, {"N": "0"}],
    }
    assert insertion("other", {"fence": 0})["Statement"] == "INSERT INTO \"other\" VALUE {'fence': ?}"
