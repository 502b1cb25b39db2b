"""A month produced by the deployed function on an embedded AWS of its own, from usage data in S3 to the outbox.

A check, not a measurement: the time is the embedded AWS's. The campaign is paused, so that nothing is claimed or sent.
What came of it is read from the outbox and the run record, not from what the producer reports.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rich.console import Console

from bench.producer.process import ENVIRONMENT
from local.month.month import Month
from local.month.progress import Progress
from local.stack.deployment import Deployment
from local.usage import bucket, csv_file
from local.usage.choice import UsageChoice
from local.usage.expectation import Expectation
from shared.aws.dynamodb import DynamoTable
from shared.aws.dynamodb_wire import from_wire
from shared.pacing.campaign import Campaign
from shared.pacing.pace import Quota
from shared.periods import Period
from shared.producing.run_records import RunRecords
from shared.times import from_text, utc_now

ROWS = 20_000
PARAMS = {
    "writers": ENVIRONMENT["WRITERS"],
    "maxRejected": ENVIRONMENT["MAX_REJECTED"],
    "maxChange": ENVIRONMENT["MAX_CHANGE"],
}
"""As in an account, where stage local has others (mail/stages.yml)."""


@dataclass(frozen=True)
class Production:
    """What the outbox and the run record hold after a month."""

    rows: int
    """Users who should have a message."""
    seconds: float
    """From the run's beginning to its end, by its record."""
    messages: int
    missing: int
    """Users without a message to their address."""
    astray: int
    """Messages for nobody of this month, or to another address than the user's."""
    uncounted: int
    """Users whom the completed run does not count; below 0: counted too many."""

    @property
    def figures(self) -> dict[str, Any]:
        return {
            "embedded_rows": self.rows,
            "embedded_seconds": round(self.seconds, 1),
            "embedded_rows_per_second": round(self.rows / self.seconds, 1),
            "embedded_missing": self.missing,
            "embedded_astray": self.astray,
            "embedded_uncounted": self.uncounted,
        }


def run(deployment: Deployment, choice: UsageChoice, console: Console) -> Production:
    """Pauses the campaign, produces the month and counts. Raises MonthError if one invocation does not bring it to its end."""
    expected = choice.expectation
    pause(deployment)
    bucket.load(deployment.client("s3"), deployment.outputs()["UsageBucketName"], csv_file.read(choice.path))
    with Progress(console, len(expected.mails)) as progress:
        month = Month(deployment, choice.period, progress.show)
        month.produce()
        progress.show(month.look(), final=True)
    record = RunRecords(_table(deployment, "ControlTableName"), utc_now).get(choice.period) or {}
    messages = list(_messages(deployment))
    missing, astray = compared(messages, expected, choice.period)
    return Production(
        rows=len(expected.mails),
        seconds=(from_text(record["completed_at"]) - from_text(record["started_at"])).total_seconds(),
        messages=len(messages),
        missing=missing,
        astray=astray,
        uncounted=len(expected.mails) - record["produced"],
    )


def pause(deployment: Deployment) -> None:
    """The campaign's record is written here if there is none; the producer brings the quota in it up to date."""
    Campaign(_table(deployment, "ControlTableName"), utc_now, lambda: Quota(1, -1), headroom=0.0).pause("a benchmark")


def compared(messages: Iterable[Mapping[str, Any]], expected: Expectation, period: Period) -> tuple[int, int]:
    """How many users have no message to their address, and how many messages are not such a one."""
    found = [(message["user_id"], message["period"], message.get("email")) for message in messages]
    wanted = {(user_id, str(period), email) for user_id, email in expected.mails.items()}
    return len(wanted - set(found)), len([one for one in found if one not in wanted])


def _messages(deployment: Deployment) -> Iterator[Mapping[str, Any]]:
    """Key and address of every item in the outbox, of whatever period."""
    pages = deployment.client("dynamodb", read_timeout=30).get_paginator("scan")
    for page in pages.paginate(
        TableName=deployment.outputs()["OutboxTableName"],
        ProjectionExpression="user_id, #period, email",
        ExpressionAttributeNames={"#period": "period"},
    ):
        yield from map(from_wire, page["Items"])


def _table(deployment: Deployment, output: str) -> DynamoTable:
    return DynamoTable(deployment.client("dynamodb"), deployment.outputs()[output])
