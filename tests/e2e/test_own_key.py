"""A stack in use gets a key of its own: nothing is replaced or mailed again, what comes has the key, and doctor sees it."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.month.month import Month
from local.month.outbox_view import OutboxView
from local.stack import engine_pages
from local.stack.deployment import Deployment
from local.stack.embedded_aws import REGION, ROOT
from local.stack.isolation import isolated
from local.stack.stack import passing_stack
from local.stack.stage_settings import STAGE
from local.usage import bucket, csv_file
from local.usage.choice import choose
from shared.outbox.states import Status
from shared.periods import Period

BEFORE, AFTER = "2026-09", "2026-10"
USERS = 3


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with passing_stack(tmp_path_factory.mktemp("stack"), lambda _: None) as deployment:
        yield deployment


@pytest.fixture(scope="module")
def key(deployment: Deployment) -> str:
    """A key with the policy that docs/security.md gives to copy."""
    (policy,) = re.findall(r"^```text\n(.+?)^```", (ROOT / "docs/security.md").read_text(), re.MULTILINE | re.DOTALL)
    account = deployment.client("sts").get_caller_identity()["Account"]
    for placeholder, value in (("STAGE", STAGE), ("REGION", REGION), ("ACCOUNT", account)):
        policy = policy.replace(placeholder, value)
    return str(deployment.client("kms").create_key(Policy=policy)["KeyMetadata"]["Arn"])


def send_a_month(deployment: Deployment, period: str, folder: Path) -> None:
    choice = choose("", period, USERS, folder / f"{period}.csv")
    bucket.load(deployment.client("s3"), deployment.outputs()["UsageBucketName"], csv_file.read(choice.path))
    month = Month(deployment, choice.period, lambda _: None)
    assert month.produce()["produced"] == USERS
    assert month.finish() == {Status.DELIVERED: USERS}


def tables(deployment: Deployment) -> dict[str, tuple[str, str | None]]:
    """Of each table its id and its stream."""
    described = deployment.client("dynamodb").describe_table
    names = [deployment.outputs()[f"{one}TableName"] for one in ("Outbox", "Control")]
    found = [described(TableName=name)["Table"] for name in names]
    return {one["TableName"]: (one["TableId"], one.get("LatestStreamArn")) for one in found}


def encryption(deployment: Deployment) -> dict[str, str]:
    """What doctor says of it, with its marks."""
    command = [sys.executable, "-m", "ops.main", "doctor", "--json", "--stage", STAGE]
    done = subprocess.run(
        command, cwd=ROOT, env=isolated(os.environ, deployment.url), capture_output=True, text=True, check=False
    )
    findings: list[dict[str, str]] = json.loads(done.stdout)["findings"]
    return {one["says"]: one["mark"] for one in findings if one["group"] == "encryption"}


def objects(deployment: Deployment, prefix: str) -> list[dict[str, Any]]:
    s3, name = deployment.client("s3"), deployment.outputs()["UsageBucketName"]
    keys = [one["Key"] for one in s3.list_objects_v2(Bucket=name, Prefix=prefix)["Contents"]]
    return [s3.head_object(Bucket=name, Key=one) for one in keys]


def test_a_stack_in_use_gets_a_key(deployment: Deployment, key: str, tmp_path: Path) -> None:
    send_a_month(deployment, BEFORE, tmp_path)
    sqs, queue = deployment.client("sqs"), deployment.outputs()["DeadLettersUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody="from before")
    stood = tables(deployment)

    deployment.deploy(tmp_path / "with-key.log", {"kmsKey": key})
    assert tables(deployment) == stood
    assert OutboxView(deployment, Period.parse(BEFORE)).statuses() == {Status.DELIVERED: USERS}
    (letter,) = sqs.receive_message(QueueUrl=queue)["Messages"]
    assert letter["Body"] == "from before"
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=letter["ReceiptHandle"])

    send_a_month(deployment, AFTER, tmp_path)
    assert len(list(engine_pages.mails(deployment.url))) == 2 * USERS
    assert Month(deployment, Period.parse(BEFORE), lambda _: None).produce()["produced"] == USERS
    assert len(list(engine_pages.mails(deployment.url))) == 2 * USERS


def test_what_is_put_then_has_the_key(deployment: Deployment, key: str) -> None:
    name = deployment.outputs()["UsageBucketName"]
    deployment.client("s3").put_object(Bucket=name, Key="rejected/any", Body=b"{}")
    (put,) = objects(deployment, "rejected/any")
    assert (put["ServerSideEncryption"], put["SSEKMSKeyId"]) == ("aws:kms", key)


def test_doctor_says_what_is_encrypted_with_it(deployment: Deployment, key: str) -> None:
    told = encryption(deployment)
    assert set(told.values()) == {"ok"}
    assert f"the key {key} is enabled" in told
    (stored,) = [says for says in told if says.startswith("the stage's key encrypts")]
    for name in ("OutboxTable", "ControlTable", "UnsubscribedTable", "DeadLetters", "UsageBucket", "UsageWorkGroup", "AlarmTopic",
                 "SendStateMachine", "FeedbackLogGroup"):  # fmt: skip
        assert name in stored


def test_doctor_sees_a_key_that_is_disabled(deployment: Deployment, key: str) -> None:
    kms = deployment.client("kms")
    kms.disable_key(KeyId=key)
    told = encryption(deployment)
    kms.enable_key(KeyId=key)
    assert told[f"the key {key} is Disabled: nothing can be read or sent"] == "wrong"


def test_it_can_be_taken_back(deployment: Deployment, tmp_path: Path) -> None:
    stood = tables(deployment)
    deployment.deploy(tmp_path / "without.log")
    assert tables(deployment) == stood
    assert encryption(deployment) == {
        "AWS's own keys encrypt what is stored; kmsKey in mail/stages.yml is not set": "ok"
    }
    described = deployment.client("dynamodb").describe_table(TableName=deployment.outputs()["OutboxTableName"])
    assert "SSEDescription" not in described["Table"]
