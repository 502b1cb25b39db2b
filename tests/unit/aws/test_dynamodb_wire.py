"""Items as DynamoDB's API has them: the short way that most values take leads where the library's own does."""

import io
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import boto3
import pytest
from boto3.dynamodb.types import TypeSerializer
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from moto.core.models import botocore_stubber

from shared.aws.dynamodb import DynamoTable
from shared.aws.dynamodb_wire import from_wire, insertion, to_wire, write_statements_as_they_are
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


def test_statements_are_sent_as_the_sdk_would_send_them() -> None:
    item = {"user_id": "ä", "fence": 0, "data": {"month": "October"}, "none": None}
    sent = [_sent(item, as_they_are=as_they_are) for as_they_are in (False, True)]
    assert sent[0] == sent[1]
    assert sent[1]["Statements"][0]["Parameters"][0] == {"S": "ä"}


def _sent(item: dict[str, Any], *, as_they_are: bool) -> Any:
    session = boto3.session.Session("local", "local", region_name="us-east-1")
    client, bodies = session.client("dynamodb", config=Config(parameter_validation=False)), list[bytes]()

    def respond(request: AWSPreparedRequest, **_: Any) -> Any:
        body: Any = request.body
        bodies.append(body)
        assert int(request.headers["Content-Length"]) == len(body)
        return AWSResponse(request.url, 200, HTTPHeaders(), Raw(b'{"Responses": [{}, {}]}'))

    # Another test's mocks may be at work in this process.
    client.meta.events.unregister("before-send", botocore_stubber)  # type: ignore[arg-type]
    client.meta.events.register("before-send.dynamodb.BatchExecuteStatement", respond)
    if as_they_are:
        write_statements_as_they_are(client)
    assert DynamoTable(client, "outbox").insert([item, item]) == [True, True]
    return json.loads(bodies[0])


class Raw(io.BytesIO):
    """A body as the SDK reads it."""

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield self.read()
