"""A stack with two months on it: one is finished, one waits because the campaign is paused."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from rich.console import Console

from bench.errors import MeasurementError
from local.month.month import Month
from local.month.progress import Progress
from local.stack import engine_pages
from local.stack.deployment import STACK, Deployment
from local.stack.embedded_aws import ROOT
from local.stack.isolation import isolated
from local.stack.stage_settings import STAGE
from local.usage import bucket, csv_file
from local.usage.choice import UsageChoice
from shared.periods import Period

REST_S = 15.0
REST_WITHIN_S = 180.0
SECONDS_OF = {"minute": 60, "hour": 3600, "day": 86_400}
FUNCTIONS = ("Producer", "Claim", "Send", "Sweeper", "Feedback")


@dataclass(frozen=True)
class Standing:
    """How the messages and the inbox stand; none of it may change while nobody does anything."""

    messages: Mapping[str, str]
    """Each message's status, by month and user."""
    mails: int


class LeftAlone:
    """The two months, and what is seen of them through AWS."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._outputs = deployment.outputs()

    def arrange(self, choice: UsageChoice, console: Console) -> None:
        """Sends the month, pauses the campaign, and produces the month before it. Raises MonthError, MeasurementError."""
        s3 = self._deployment.client("s3")
        bucket.load(s3, self._outputs["UsageBucketName"], csv_file.read(choice.path))
        with Progress(console, len(choice.expectation.mails)) as progress:
            month = Month(self._deployment, choice.period, progress.show)
            month.produce()
            progress.show(month.finish(), final=True)
        self._pause()
        self._month(choice.period.previous).produce()
        self._come_to_rest()

    def _pause(self) -> None:
        command = [sys.executable, "-m", "ops.main", "pause", "--reason", "left alone", "--stage", STAGE]
        ended = subprocess.run(
            command,
            cwd=ROOT,
            env=isolated(os.environ, self._deployment.url),
            capture_output=True,
            text=True,
            check=False,
        )
        if ended.returncode:
            raise MeasurementError(f"the campaign can't be paused: {ended.stderr or ended.stdout}")

    def _come_to_rest(self) -> None:
        """Waits until no function has run for REST_S: what the two months have started is over. Raises MeasurementError."""
        began, rests_since = datetime.now(UTC), time.monotonic()
        deadline = rests_since + REST_WITHIN_S
        before: dict[str, int] = {}
        while time.monotonic() - rests_since < REST_S:
            if (runs := self.invocations(began, datetime.now(UTC))) != before:
                before, rests_since = runs, time.monotonic()
                if rests_since > deadline:
                    raise MeasurementError(f"the stack does not come to rest within {REST_WITHIN_S:g} s: {runs}")
            time.sleep(1.0)

    def _month(self, period: Period) -> Month:
        return Month(self._deployment, period, lambda _: None)

    def standing(self) -> Standing:
        """How it stands now."""
        pages = (
            self._deployment.client("dynamodb")
            .get_paginator("scan")
            .paginate(TableName=self._outputs["OutboxTableName"])
        )
        items = (item for page in pages for item in page["Items"])
        messages = {f"{item['period']['S']}/{item['user_id']['S']}": item["status"]["S"] for item in items}
        return Standing(messages, sum(1 for _ in engine_pages.mails(self._deployment.url)))

    def invocations(self, since: datetime, until: datetime) -> dict[str, int]:
        """How often each function ran in that time, by its name in serverless.yml."""
        return {name.lower(): self._runs(self._outputs[f"{name}FunctionName"], since, until) for name in FUNCTIONS}

    def _runs(self, function: str, since: datetime, until: datetime) -> int:
        found = self._deployment.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/Lambda",
            MetricName="Invocations",
            Dimensions=[{"Name": "FunctionName", "Value": function}],
            StartTime=since,
            EndTime=until,
            Period=60,
            Statistics=["Sum"],
        )
        return int(sum(point["Sum"] for point in found["Datapoints"]))

    def sweeps_asked(self, since: datetime, until: datetime) -> int:
        """How often the sweeper's schedule is due in that time."""
        schedule = self._deployment.client("scheduler").get_schedule(Name=f"{STACK}-sweeper")
        number, unit = schedule["ScheduleExpression"].removeprefix("rate(").removesuffix(")").split()
        every_s = int(number) * SECONDS_OF[unit.removesuffix("s")]
        begins: datetime = schedule["CreationDate"]  # its first run
        return _whole(until - begins, every_s) - _whole(since - begins, every_s)

    def dead_letters(self) -> int:
        """How many wait."""
        attributes = self._deployment.client("sqs").get_queue_attributes(
            QueueUrl=self._outputs["DeadLettersUrl"], AttributeNames=["ApproximateNumberOfMessages"]
        )
        return int(attributes["Attributes"]["ApproximateNumberOfMessages"])


def _whole(time: timedelta, every_s: int) -> int:
    return int(time.total_seconds() // every_s)
