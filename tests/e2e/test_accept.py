"""`onlyonce accept` on a stack of its own: as it should be, and with faults that each of its checks must find."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.faults import orders
from local.stack import engine_pages
from local.stack.deployment import Deployment
from local.stack.embedded_aws import ROOT
from local.stack.isolation import isolated
from local.stack.stack import passing_stack
from ops.accept.cohort import PERIOD, Cohort


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with passing_stack(tmp_path_factory.mktemp("accept"), print) as deployment:
        yield deployment


def accept(stack: Deployment, folder: Path, *options: str) -> tuple[int, dict[str, Any]]:
    """Its exit status, and what it printed."""
    command = [sys.executable, "-m", "ops.main", "accept", "--stage", "local", "--json", "--yes", *options]
    environment = {**isolated({"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)}, stack.url)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def failed(result: dict[str, Any]) -> set[str]:
    return {one["check"] for one in result["results"] if not one["passed"]}


def test_a_stack_as_deployed(stack: Deployment, tmp_path: Path) -> None:
    """All hold, and nothing is left of it."""
    status, result = accept(stack, tmp_path)
    assert failed(result) == set()
    assert (status, result["failed"], result["mails"]) == (0, 0, len(Cohort("")))
    measured = {one["name"]: one["count"] for one in result["measures"]}
    assert measured["wake-up after its second"] >= len(Cohort(""))
    assert measured["SES's Send event after the mail"] >= len(Cohort(""))
    outputs = stack.outputs()
    items = stack.client("dynamodb").scan(TableName=outputs["OutboxTableName"])["Items"]
    assert [item for item in items if item["period"] == {"S": PERIOD}] == []
    assert not stack.client("sqs").list_queues(QueueNamePrefix="onlyonce-local-accept").get("QueueUrls")
    assert not stack.client("events").list_rules(NamePrefix="onlyonce-local-accept")["Rules"]
    assert json.loads((tmp_path / ".local/accept-local.json").read_text()) == result


def test_faults_are_found(stack: Deployment, tmp_path: Path) -> None:
    """A bus that loses SES's events, a role without a permission, a topic without ears, the wrong SerDe, a mute alarm."""
    outputs = stack.outputs()
    _deny(stack, outputs["ClaimFunctionName"], "states:StartExecution")
    _unsubscribe(stack, outputs["AlarmTopicArn"])
    _read_by_openx(stack, outputs["UsageDatabaseName"])
    stack.client("cloudwatch").disable_alarm_actions(AlarmNames=[_alarm(stack)])
    engine_pages.set_ses(stack.url, **orders.EVENTS["drop"])
    try:
        status, result = accept(stack, tmp_path, "--patience", "5")
    finally:
        orders.calm(stack.url)
    assert status == 1
    assert {
        "Each function's role allows its own work, and no other's",
        "Somebody hears the alarms",
        "No table of the usage data is read by a format that may lose rows",
        "Every alarm of the stack is there, and none rings",
        "SES accepted a mail to everybody",
        "A mail to complaint ends COMPLAINED",
    } <= failed(result)
    assert "Nobody has two" not in failed(result)


def _deny(stack: Deployment, function: str, action: str) -> None:
    role = stack.client("lambda").get_function_configuration(FunctionName=function)["Role"].rpartition("/")[2]
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": action, "Resource": "*"}]}
    stack.client("iam").put_role_policy(RoleName=role, PolicyName="deny", PolicyDocument=json.dumps(policy))


def _unsubscribe(stack: Deployment, topic: str) -> None:
    sns = stack.client("sns")
    for one in sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]:
        sns.unsubscribe(SubscriptionArn=one["SubscriptionArn"])


def _read_by_openx(stack: Deployment, database: str) -> None:
    glue = stack.client("glue")
    (table,) = glue.get_tables(DatabaseName=database)["TableList"]
    table["StorageDescriptor"]["SerdeInfo"]["SerializationLibrary"] = "org.openx.data.jsonserde.JsonSerDe"
    kept = ("Name", "TableType", "Parameters", "StorageDescriptor", "PartitionKeys")
    glue.update_table(DatabaseName=database, TableInput={name: table[name] for name in kept if name in table})


def _alarm(stack: Deployment) -> str:
    return str(stack.client("cloudwatch").describe_alarms()["MetricAlarms"][0]["AlarmName"])
