"""Every contract test runs over each store it can be proved on."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from local.stack.embedded_aws import REGION, EmbeddedAws
from shared.keys import Key
from tests.contract.backends import Backend, Dynamo, Fake, Rendered

Make = Callable[[], Backend]
DUMMY: dict[str, Any] = {
    "region_name": REGION,
    "aws_access_key_id": "local",
    "aws_secret_access_key": "local",
}


@pytest.fixture(scope="session")
def make_fake() -> Make:
    return Fake


@pytest.fixture(scope="session")
def make_rendered() -> Make:
    return Rendered


@pytest.fixture(scope="session")
def make_moto() -> Iterator[Make]:
    with mock_aws():
        client, streams = boto3.client("dynamodb", **DUMMY), boto3.client("dynamodbstreams", **DUMMY)
        yield lambda: Dynamo(client, streams)


@pytest.fixture(scope="session")
def make_embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Make]:
    aws = EmbeddedAws(log=tmp_path_factory.mktemp("engine") / "engine.log")
    yield lambda: Dynamo(aws.client("dynamodb"), aws.client("dynamodbstreams"))
    aws.stop()


@pytest.fixture(scope="session", params=["fake", "rendered", "moto", "embedded"])
def make(request: pytest.FixtureRequest) -> Make:
    made: Make = request.getfixturevalue(f"make_{request.param}")
    return made


@pytest.fixture(scope="session", params=["fake", "rendered", "embedded"])
def make_exact(request: pytest.FixtureRequest) -> Make:
    """Without moto, which is not atomic under threads, streams what did not change, and adds 1 to a text."""
    made: Make = request.getfixturevalue(f"make_{request.param}")
    return made


@pytest.fixture(scope="session")
def backend(make: Make) -> Backend:
    """One table for all tests that keep to a key of their own."""
    return make()


@pytest.fixture(scope="session")
def exact(make_exact: Make) -> Backend:
    """The same, where moto is wrong."""
    return make_exact()


@pytest.fixture
def key() -> Key:
    return Key(f"user-{uuid.uuid4().hex}", "2026-10")
