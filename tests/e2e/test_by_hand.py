"""What a person at a prompt can do while the stack is up, with nothing but .local/env."""

import json
import subprocess
import sys

from local.stack import engine_pages
from local.stack.deployment import Deployment
from local.stack.embedded_aws import ROOT
from local.stack.stack import Stack
from mail.usage.variables import KIND
from shared.aws.dynamodb_wire import to_wire
from shared.keys import to_tag
from shared.periods import Period
from shared.rendering.tags import PERIOD_TAG, USER_TAG
from simulation.stack import usage_row
from tests.conformance.account import eventually
from tests.e2e.conftest import USERS


def test_a_message_put_in_by_hand_is_sent(deployment: Deployment) -> None:
    """user_id, period, status, email and data are all it needs."""
    dynamodb, table = deployment.client("dynamodb"), deployment.outputs()["OutboxTableName"]
    key = {"user_id": {"S": "by hand"}, "period": {"S": "2026-02"}}
    data = KIND.variables(usage_row(1), Period.parse("2026-02"))
    message = {**key, **to_wire({"status": "PENDING", "email": "hand@example.com", "data": data})}
    dynamodb.put_item(TableName=table, Item=message)

    def status() -> str:
        return str(dynamodb.get_item(TableName=table, Key=key)["Item"]["status"]["S"])

    eventually(lambda: status() == "DELIVERED", within_s=20)
    tags = {USER_TAG: to_tag("by hand"), PERIOD_TAG: "2026-02"}
    mails = [mail for mail in engine_pages.mails(deployment.url) if tags.items() <= mail["Tags"].items()]
    assert [mail["To"] for mail in mails] == [["hand@example.com"]]


_LOOK_AROUND = """
import boto3, json, os
outbox = boto3.client("dynamodb").scan(TableName=os.environ["OUTBOX_TABLE_NAME"], Select="COUNT")["Count"]
executions = boto3.client("stepfunctions").list_executions(stateMachineArn=os.environ["SEND_STATE_MACHINE_ARN"])
answer = boto3.client("lambda").invoke(FunctionName=os.environ["SWEEPER_FUNCTION_NAME"])
print(json.dumps([outbox, len(executions["executions"]), answer.get("FunctionError")]))
"""


def test_the_environment_file_is_enough(stack: Stack, deployment: Deployment) -> None:  # noqa: ARG001  # up
    """It reads the outbox, lists executions and invokes functions, whatever profile the shell was on before."""
    command = f'source "{stack.environment}" && "$PYTHON" -c "$PROGRAM"'
    shell = {"PATH": "/usr/bin:/bin", "AWS_PROFILE": "of-another-account", "PYTHON": sys.executable}
    seen = subprocess.run(
        ["bash", "-c", command], env={**shell, "PROGRAM": _LOOK_AROUND}, capture_output=True, text=True, check=True
    )
    messages, executions, error = json.loads(seen.stdout)
    assert messages >= USERS
    assert executions >= 1
    assert error is None


_INVOKE = """
import json, sys
from local.stack.deployment import Deployment
from local.invoke import invoke
print(json.dumps(invoke(Deployment(sys.argv[1]), "producer", {"period": "2026-10"})))
"""


def test_a_handler_of_the_checkout_can_be_run_against_the_stack(deployment: Deployment) -> None:
    """`make invoke`. The month is closed already, so the producer does nothing, and says so in this process's output."""
    program = [sys.executable, "-c", _INVOKE, deployment.url]
    done = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=True)
    logged, *_, returned = [json.loads(line) for line in done.stdout.splitlines()]
    assert (logged["message"], logged["period"]) == ("produce_closed", "2026-10")
    assert (returned["state"], returned["produced"], returned["fresh"]) == ("COMPLETED", USERS, 0)
