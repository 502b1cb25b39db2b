"""Starting a function without waiting for it."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber

from shared.aws.lambda_functions import Functions
from shared.errors import FunctionStartError


@pytest.fixture
def client() -> Any:
    return boto3.client("lambda", region_name="us-east-1", aws_access_key_id="local", aws_secret_access_key="local")


def test_it_is_started_as_an_event(client: Any) -> None:
    wanted = {"FunctionName": "producer", "InvocationType": "Event", "Payload": b'{"period": "2026-10"}'}
    with Stubber(client) as functions:
        functions.add_response("invoke", {"StatusCode": 202}, wanted)
        Functions(client, "producer").start({"period": "2026-10"})
        functions.assert_no_pending_responses()


@pytest.mark.parametrize("code", ["TooManyRequestsException", "ResourceNotFoundException", "AccessDeniedException"])
def test_a_refused_start_has_a_name(client: Any, code: str) -> None:
    with Stubber(client) as functions:
        functions.add_client_error("invoke", code, "no")
        with pytest.raises(FunctionStartError, match=f"producer can't be started: .*{code}"):
            Functions(client, "producer").start({})


def test_lambda_not_reached(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreached(**_: Any) -> Any:
        raise EndpointConnectionError(endpoint_url="https://lambda.test")

    monkeypatch.setattr(client, "invoke", unreached)
    with pytest.raises(FunctionStartError, match="producer can't be started"):
        Functions(client, "producer").start({})
