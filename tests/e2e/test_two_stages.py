"""Two stages in one account: each sends its own mails, and neither hears, counts or touches anything of the other."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from local.month.month import Month
from local.month.outbox_view import OutboxView
from local.stack import engine_pages
from local.stack.deployment import Deployment
from local.stack.stack import passing_stack
from local.usage import bucket, csv_file
from local.usage.choice import choose
from shared.outbox.states import Status
from shared.periods import Period
from shared.rendering.addresses import from_header
from tests.e2e.copies import copied

PERIOD = "2026-10"
LOCAL, OTHER = 3, 5
"""So many users each."""
EVENTS_PER_MAIL = 2  # Send and Delivery
OTHER_SECTION = """
other:
  sender: Zoë, Other <other@example.com>
  replyTo: help@example.com
  unsubscribe: https://example.com/other
  scheduleState: DISABLED
  headroom: "0"
  maxRejected: "1"
"""


class Stages(NamedTuple):
    local: Deployment
    other: Deployment


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stages]:
    folder = tmp_path_factory.mktemp("stack")
    with passing_stack(folder, lambda _: None) as local:
        other = Deployment(local.url, "other", with_a_section(folder / "checkout"))
        other.deploy(folder / "other.log")
        yield Stages(local, other)


def with_a_section(checkout: Path) -> Path:
    """What is deployed, with the other stage's settings."""
    with (copied(checkout) / "mail/stages.yml").open("a") as stages:
        stages.write(OTHER_SECTION)
    return checkout


def send_a_month(deployment: Deployment, users: int, usage_file: Path) -> None:
    choice = choose("", PERIOD, users, usage_file)
    bucket.load(deployment.client("s3"), deployment.outputs()["UsageBucketName"], csv_file.read(choice.path))
    month = Month(deployment, choice.period, lambda _: None)
    assert month.produce()["produced"] == users
    assert month.finish() == {Status.DELIVERED: users}


def heard(deployment: Deployment) -> float:
    """How often this stage's feedback was invoked."""
    now = datetime.now(UTC)
    found = deployment.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName="Invocations",
        Dimensions=[{"Name": "FunctionName", "Value": deployment.outputs()["FeedbackFunctionName"]}],
        StartTime=now - timedelta(minutes=30),
        EndTime=now + timedelta(minutes=5),
        Period=60,
        Statistics=["Sum"],
    )
    return float(sum(point["Sum"] for point in found["Datapoints"]))


def counted(deployment: Deployment) -> Iterator[tuple[str, str]]:
    """Namespace and name of each metric in the log of this stage's feedback."""
    group = f"/aws/lambda/{deployment.outputs()['FeedbackFunctionName']}"
    for page in deployment.client("logs").get_paginator("filter_log_events").paginate(logGroupName=group):
        for line in (event["message"] for event in page["events"] if '"_aws"' in event["message"]):
            for directive in json.loads(line)["_aws"]["CloudWatchMetrics"]:
                yield from ((directive["Namespace"], metric["Name"]) for metric in directive["Metrics"])


def test_each_hears_its_own_mails_alone(stages: Stages, tmp_path: Path) -> None:
    send_a_month(stages.local, LOCAL, tmp_path / "local.csv")
    assert (heard(stages.local), heard(stages.other)) == (EVENTS_PER_MAIL * LOCAL, 0)

    send_a_month(stages.other, OTHER, tmp_path / "other.csv")
    assert (heard(stages.local), heard(stages.other)) == (EVENTS_PER_MAIL * LOCAL, EVENTS_PER_MAIL * OTHER)

    senders = [mail["Source"] for mail in engine_pages.mails(stages.local.url)]
    expected = [from_header("Zoë, Other <other@example.com>")] * OTHER + [
        stages.local.outputs()["SenderAddress"]
    ] * LOCAL
    assert sorted(senders) == sorted(expected)
    answered = [mail["Headers"].get("Reply-To", "") for mail in engine_pages.mails(stages.local.url)]
    assert sorted(answered) == [""] * LOCAL + ["help@example.com"] * OTHER


def test_each_counts_under_its_own_name(stages: Stages) -> None:
    for deployment, stack, users in ((stages.local, "onlyonce-local", LOCAL), (stages.other, "onlyonce-other", OTHER)):
        metrics = Counter(counted(deployment))
        assert metrics[stack, "mark_delivered"] == users
        assert {namespace for namespace, _ in metrics} == {stack}
        assert OutboxView(deployment, Period.parse(PERIOD)).statuses() == {Status.DELIVERED: users}


def alarms(deployment: Deployment, stack: str) -> list[dict[str, Any]]:
    """Those that ring this stage's topic."""
    topic = deployment.outputs()["AlarmTopicArn"]
    found: list[dict[str, Any]] = deployment.client("cloudwatch").describe_alarms(MaxRecords=100)["MetricAlarms"]
    mine = [alarm for alarm in found if alarm["AlarmActions"] == [topic]]
    own = [alarm for alarm in mine if alarm["Namespace"] != "AWS/SES"]  # which speaks of the account
    assert all(re.search(rf"{stack}\b", f"{alarm['Namespace']} {alarm['Dimensions']}") for alarm in own)
    return mine


def test_each_watches_its_own_metrics(stages: Stages) -> None:
    local, other = alarms(stages.local, "onlyonce-local"), alarms(stages.other, "onlyonce-other")
    assert len(local) == len(other) > 0


def dashboard(deployment: Deployment, stack: str) -> str:
    found = deployment.client("cloudwatch").get_dashboard(DashboardName=f"{stack}-us-east-1")
    return str(found["DashboardBody"])


def test_each_has_a_dashboard_of_its_own(stages: Stages) -> None:
    """Dashboards are the account's (source: cw-dashboard)."""
    for deployment, stack, another in (
        (stages.local, "onlyonce-local", "onlyonce-other"),
        (stages.other, "onlyonce-other", "onlyonce-local"),
    ):
        body = dashboard(deployment, stack)
        own = {alarm["AlarmArn"] for alarm in alarms(deployment, stack)}
        (shown,) = [one["properties"]["alarms"] for one in json.loads(body)["widgets"] if one["type"] == "alarm"]
        assert set(shown) == own
        assert deployment.outputs()["OutboxTableName"] in body
        assert stack in body
        assert another not in body
        assert "${" not in body


def test_no_output_is_shared(stages: Stages) -> None:
    local, other = stages.local.outputs(), stages.other.outputs()
    assert set(local) == set(other)
    shared_settings = {"AddressDays", "Engine", "SweepMinutes"}
    assert {name for name in local if local[name] == other[name]} == shared_settings
