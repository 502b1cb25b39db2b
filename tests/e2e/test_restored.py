"""The outbox is gone, a restored table takes its place: nobody is mailed by that, and each user has one mail in the end."""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.month.month import Month
from local.stack import engine_pages
from local.stack.deployment import STACK, Deployment
from local.stack.embedded_aws import ROOT
from local.stack.isolation import isolated
from local.stack.stack import passing_stack
from local.stack.stage_settings import STAGE
from local.usage import bucket, csv_file
from local.usage.choice import choose
from shared.keys import Key, from_tag
from shared.outbox.states import Status
from shared.rendering.tags import USER_TAG
from tests.conformance.account import eventually
from tests.e2e.test_taken_over import take_over
from tests.e2e.tool import osls

USERS, PERIOD = 12, "2026-10"
SWEEPS = 4


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    with passing_stack(tmp_path / "stack", lambda _: None, {"sendBatchSize": 1, "headroom": 0}) as deployment:
        engine_pages.set_ses(deployment.url, rate=0.5, daily=-1)  # slots lie far enough apart to be stopped between
        yield deployment


def onlyonce(deployment: Deployment, *words: str) -> tuple[int, str]:
    """Exit status, and what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "ops.main", *words, "--stage", STAGE],
        cwd=ROOT, env=isolated(os.environ, deployment.url), capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def done(deployment: Deployment, *words: str) -> str:
    status, printed = onlyonce(deployment, *words)
    assert status == 0, printed
    return printed


def mails(deployment: Deployment) -> Counter[str]:
    return Counter(from_tag(mail["Tags"][USER_TAG]) for mail in engine_pages.mails(deployment.url))


def statuses(deployment: Deployment) -> Counter[str]:
    pages = (
        deployment.client("dynamodb").get_paginator("scan").paginate(TableName=deployment.outputs()["OutboxTableName"])
    )
    return Counter(item["status"]["S"] for page in pages for item in page["Items"])


def invoke(deployment: Deployment, function: str, event: Any) -> Any:
    client = deployment.client("lambda", read_timeout=300)
    answer = client.invoke(FunctionName=f"{STACK}-{function}", Payload=json.dumps(event).encode())
    return json.loads(answer["Payload"].read())


def restored(deployment: Deployment, source: str) -> str:
    """A copy of the table as it is now, without its stream, as docs/runbook.md has it."""
    client, target = deployment.client("dynamodb"), f"{source}-restored"
    client.restore_table_to_point_in_time(SourceTableName=source, TargetTableName=target, UseLatestRestorableTime=True)
    client.get_waiter("table_exists").wait(TableName=target)
    assert "LatestStreamArn" not in client.describe_table(TableName=target)["Table"]
    return target


def make_ready(deployment: Deployment, *tables: str, outbox: str) -> None:
    """What a restore leaves out, as docs/runbook.md has it."""
    client = deployment.client("dynamodb")
    stream = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    client.update_table(TableName=outbox, StreamSpecification=stream)
    client.update_time_to_live(
        TableName=outbox, TimeToLiveSpecification={"AttributeName": "expires_at", "Enabled": True}
    )
    for table in tables:
        client.update_table(TableName=table, DeletionProtectionEnabled=True)
        client.update_continuous_backups(
            TableName=table, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
        )


def half_sent(deployment: Deployment, folder: Path) -> Month:
    """A month that is paused in the middle: some sent, some given back, some that wait for their slots."""
    choice = choose("", PERIOD, USERS, folder / "usage.csv")
    bucket.load(deployment.client("s3"), deployment.outputs()["UsageBucketName"], csv_file.read(choice.path))
    month = Month(deployment, choice.period, lambda _: None)
    assert month.produce()["produced"] == USERS
    eventually(lambda: sum(mails(deployment).values()) >= 3, within_s=30)
    done(deployment, "pause", "--reason", "half way")
    eventually(lambda: statuses(deployment)["PENDING"] >= 2, within_s=30)
    eventually(lambda: statuses(deployment)["DELIVERED"] >= 3, within_s=30)
    assert statuses(deployment)["CLAIMED"] >= 1
    return month


def still(deployment: Deployment, before: Counter[str]) -> None:
    """Some sweeps long, nobody is mailed and no message moves."""
    were = statuses(deployment)
    for _ in range(SWEEPS):
        assert invoke(deployment, "sweeper", {}) == {}
        time.sleep(1)
    assert (mails(deployment), statuses(deployment)) == (before, were)


def logs(deployment: Deployment, function: str) -> str:
    pages = deployment.client("logs").get_paginator("filter_log_events")
    found = pages.paginate(logGroupName=f"/aws/lambda/{STACK}-{function}")
    return "\n".join(event["message"] for page in found for event in page["events"])


@pytest.mark.parametrize("control_too", [False, True], ids=["outbox alone", "control table too"])
def test_nobody_is_mailed_by_a_restored_table(deployment: Deployment, tmp_path: Path, control_too: bool) -> None:
    month = half_sent(deployment, tmp_path)
    lost = deployment.outputs()
    outbox = restored(deployment, lost["OutboxTableName"])
    control = restored(deployment, lost["ControlTableName"]) if control_too else lost["ControlTableName"]
    unsent = month.outbox.users(Status.PENDING)[0]
    done(deployment, "cancel", unsent, PERIOD, "--reason", "they asked for none")
    done(deployment, "resume")
    assert month.finish() == {Status.DELIVERED: USERS - 1, Status.CANCELLED: 1}
    before = mails(deployment)
    assert set(before.values()) == {1}

    osls(deployment, "remove")
    make_ready(deployment, outbox, *([control] if control_too else []), outbox=outbox)
    take_over(
        deployment, tmp_path / "packaged", [outbox, control, lost["UnsubscribedTableName"], lost["UsageBucketName"]]
    )
    deployment.deploy(tmp_path / "again.log", {"sendBatchSize": 1, "headroom": 0})
    assert deployment.outputs()["OutboxTableName"] == outbox
    if control_too:
        done(deployment, "resume")
    were = statuses(deployment)
    assert were["PENDING"] >= 2
    assert were["CLAIMED"] >= 1
    still(deployment, before)
    assert '"foreign_table":[1.0]' in logs(deployment, "sweeper").replace(" ", "")

    touched(deployment, outbox, unsent)
    eventually(lambda: "foreign_table" in logs(deployment, "claim"), within_s=30)
    assert invoke(deployment, "send", order(deployment, outbox))["errorType"] == "ForeignTableError"
    assert invoke(deployment, "producer", {"period": PERIOD})["errorType"] == "ForeignTableError"
    status, said = onlyonce(deployment, "cancel", unsent, PERIOD, "--reason", "no")
    assert (status, "onlyonce reconcile" in said) == (1, True)
    assert "nothing is moved until `onlyonce reconcile`" in done(deployment, "status")
    still(deployment, before)

    done(deployment, "reconcile", "--reason", "the outbox was deleted", "--yes")
    known = Counter({status: were[status] for status in ("DELIVERED", "SENT")})
    assert statuses(deployment) == known + Counter(UNCERTAIN=USERS - known.total())
    for _ in range(SWEEPS):
        invoke(deployment, "sweeper", {})
        time.sleep(1)
    assert mails(deployment) == before

    done(deployment, "resend", unsent, PERIOD, "--reason", "not in the log", "--accept-risk")
    done(deployment, "assume-sent", "--all", "--period", PERIOD, "--reason", "the log says sent", "--yes")
    assert sum(Month(deployment, month.period, lambda _: None).finish().values()) == USERS
    assert mails(deployment) == before + Counter([unsent])
    assert set(statuses(deployment)) == {"DELIVERED", "SENT"}


def touched(deployment: Deployment, table: str, user: str) -> None:
    """A change of a PENDING message, as somebody in the console makes it: the stream shows it to claim."""
    deployment.client("dynamodb").update_item(
        TableName=table, Key={"user_id": {"S": user}, "period": {"S": PERIOD}},
        UpdateExpression="SET note = :n", ExpressionAttributeValues={":n": {"S": "looked at"}},
    )  # fmt: skip


def order(deployment: Deployment, table: str) -> dict[str, Any]:
    """What an execution that waits has in its hands: a claim of before, by a fence that the restored message has."""
    items = deployment.client("dynamodb").scan(TableName=table)["Items"]
    item = next(item for item in items if item["status"]["S"] == "CLAIMED")
    key = Key(item["user_id"]["S"], PERIOD)
    claim = {
        **key._asdict(), "fence": int(item["fence"]["N"]), "send_at": item["send_at"]["S"],
        "ticket": int(item["ticket"]["N"]), "format": 1,
    }  # fmt: skip
    return {"action": "send", "send_at": item["send_at"]["S"], "claims": [claim]}
