"""The SDK's own stubs check each request against the service's model."""

import io
import json
from collections.abc import Callable
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from botocore.response import StreamingBody
from botocore.stub import Stubber
from botocore.validate import ParamValidator

from ops import aws
from ops.errors import RefusedError, UnavailableError

OUTPUTS = {
    "OutboxTableName": "outbox", "ControlTableName": "control", "ProducerFunctionName": "producer",
    "SweeperFunctionName": "sweeper",
}  # fmt: skip


def stubbed(service: str) -> tuple[Any, Stubber]:
    client = boto3.client(service, "eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")  # type: ignore[call-overload]
    return client, Stubber(client)


def described(outputs: dict[str, str]) -> dict[str, Any]:
    stack = {"StackName": "onlyonce-prod", "CreationTime": "2026-01-01T00:00:00Z", "StackStatus": "CREATE_FAILED"}
    listed = [{"OutputKey": key, "OutputValue": value} for key, value in outputs.items()]
    return {"Stacks": [{**stack, "Outputs": listed}]}


def test_a_stage_is_found_by_its_outputs() -> None:
    client, stub = stubbed("cloudformation")
    stub.add_response("describe_stacks", described({**OUTPUTS, "Other": "x"}), {"StackName": "onlyonce-prod"})
    with stub:
        assert aws.find_stage("prod", client) == aws.Stage("onlyonce-prod", "CREATE_FAILED", {**OUTPUTS, "Other": "x"})


def test_there_is_no_such_stage() -> None:
    client, stub = stubbed("cloudformation")
    stub.add_client_error("describe_stacks", "ValidationError", "Stack with id onlyonce-prod does not exist", 400)
    with stub, pytest.raises(UnavailableError, match="no stack onlyonce-prod in eu-west-1"):
        aws.find_stage("prod", client)


def test_a_refusal_is_not_taken_for_an_absence() -> None:
    client, stub = stubbed("cloudformation")
    stub.add_client_error("describe_stacks", "AccessDenied", "not authorized", 403)
    with stub, pytest.raises(ClientError, match="not authorized"):
        aws.find_stage("prod", client)


def test_a_stack_that_was_not_deployed_to_its_end() -> None:
    client, stub = stubbed("cloudformation")
    stub.add_response("describe_stacks", described({"OutboxTableName": "outbox"}))
    with stub, pytest.raises(RefusedError, match="is CREATE_FAILED and has no output 'ControlTableName'"):
        aws.find_stage("prod", client)


class Segments:
    """DynamoDB's client, as far as a scan goes: each segment has two pages."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    def scan(self, **request: Any) -> dict[str, Any]:
        self.asked.append(request)
        segment, last = request["Segment"], "ExclusiveStartKey" in request
        item = {"user_id": {"S": f"{segment}{'b' if last else 'a'}"}, "fence": {"N": "3"}}
        return {"Items": [item], **({} if last else {"LastEvaluatedKey": {"user_id": {"S": str(segment)}}})}


def test_a_whole_table_is_read_by_segments_to_their_ends() -> None:
    client = Segments()
    found = [item["user_id"] for item in aws.find("outbox", "2026-10", ["SENT", "DELIVERED"], client)]
    assert sorted(found) == sorted(f"{segment}{page}" for segment in range(aws.SEGMENTS) for page in "ab")
    shape: Any = botocore.session.get_session().get_service_model("dynamodb").operation_model("Scan").input_shape
    for request in client.asked:
        assert not ParamValidator().validate(request, shape).has_errors()
        assert request["TotalSegments"] == aws.SEGMENTS
        assert "ExclusiveStartKey" not in request or request["ExclusiveStartKey"] == {
            "user_id": {"S": str(request["Segment"])}
        }
    values = client.asked[0]["ExpressionAttributeValues"]
    assert values == {":period": {"S": "2026-10"}, ":status0": {"S": "DELIVERED"}, ":status1": {"S": "SENT"}}


def test_the_caller_is_an_aws_identity_or_a_name_here(monkeypatch: pytest.MonkeyPatch) -> None:
    client, stub = stubbed("sts")
    stub.add_response("get_caller_identity", {"Arn": "arn:aws:iam::1:user/ann"})
    stub.add_client_error("get_caller_identity", "AccessDenied")
    stub.add_client_error("get_caller_identity", "AccessDenied")
    with stub:
        assert aws.caller(client) == "arn:aws:iam::1:user/ann"
        monkeypatch.setattr("getpass.getuser", lambda: "ann")
        assert aws.caller(client) == "ann"
        monkeypatch.setattr("getpass.getuser", _nobody)
        with pytest.raises(RefusedError, match="--by"):
            aws.caller(client)


def _nobody() -> str:
    raise OSError("no username")


def answering(payload: Any, **more: Any) -> dict[str, Any]:
    raw = json.dumps(payload).encode()
    return {"StatusCode": 200, "Payload": StreamingBody(io.BytesIO(raw), len(raw)), **more}


def producing(answer: Callable[[Stubber], None]) -> dict[str, Any]:
    client, stub = stubbed("lambda")
    answer(stub)
    with stub:
        return aws.produce("producer", {"period": "2026-10"}, client)


def test_the_producers_report() -> None:
    request = {"FunctionName": "producer", "Payload": b'{"period": "2026-10"}'}
    report = producing(lambda stub: stub.add_response("invoke", answering({"produced": 3}), request))
    assert report == {"produced": 3}


def test_the_producers_error() -> None:
    failed = answering({"errorType": "UsageQueryError", "errorMessage": "no table"}, FunctionError="Unhandled")
    with pytest.raises(RefusedError, match=r"(?s)UsageQueryError: no table.*safe to repeat"):
        producing(lambda stub: stub.add_response("invoke", failed))


def test_the_producers_lost_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    client, _ = stubbed("lambda")

    def silent(**_: Any) -> None:
        raise ReadTimeoutError(endpoint_url="https://lambda.test")

    monkeypatch.setattr(client, "invoke", silent)
    with pytest.raises(RefusedError, match="may still be running"):
        aws.produce("producer", {"period": "2026-10"}, client)


def test_the_producer_is_started_once_and_waited_for_longer_than_it_may_take() -> None:
    """Lambda ends a function after 15 minutes (source: Lambda quotas)."""
    config: Any = aws.PRODUCING
    assert config.retries == {"total_max_attempts": 1}
    assert config.read_timeout > 900


def test_every_page_of_a_table() -> None:
    client, stub = stubbed("dynamodb")
    last = {"user_id": {"S": "ann"}, "period": {"S": "2026-10"}}
    stub.add_response("scan", {"Items": [{**last, "fence": {"N": "3"}}], "LastEvaluatedKey": last})
    stub.add_response("scan", {"Items": [{"user_id": {"S": "bob"}}]}, {"TableName": "old", "ExclusiveStartKey": last})
    with stub:
        found = list(aws.scan("old", client))
    assert found == [{"user_id": "ann", "period": "2026-10", "fence": 3}, {"user_id": "bob"}]
