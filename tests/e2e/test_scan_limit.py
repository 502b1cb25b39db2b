"""A month whose query would read more than `maxScanGb` stops and names the setting; with a higher one it is produced."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.month.month import Month, StoppedError
from local.stack import engine_pages
from local.stack.deployment import Deployment
from local.stack.stack import passing_stack
from shared.outbox.states import Status
from shared.periods import Period

PERIOD = "2026-10"
EVENT = {
    "user_id": "ann",
    "email": "ann@example.com",
    "device_id": "phone",
    "used_at": f"{PERIOD}-17 09:30:00.000",
    "minutes": 5,
}
LINES = 11_000
"""Of a kilobyte each, most of which the query does not name: it reads them all the same."""


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    with passing_stack(tmp_path, lambda _: None, {"maxScanGb": "0.01"}) as deployment:
        yield deployment


def test_a_month_that_reads_too_much(deployment: Deployment, tmp_path: Path) -> None:
    line = json.dumps({**EVENT, "note": "x" * 900})
    bucket = deployment.outputs()["UsageBucketName"]
    body = "\n".join([line] * LINES)
    deployment.client("s3").put_object(Bucket=bucket, Key=f"usage_events/{PERIOD}/a.jsonl", Body=body.encode())

    month = Month(deployment, Period.parse(PERIOD), lambda _: None)
    with pytest.raises(StoppedError) as stopped:
        month.produce()
    said = "the usage query was cancelled: Bytes scanned limit was exceeded; maxScanGb in mail/stages.yml is the limit"
    assert stopped.value.findings == {"cancelled": said}
    assert list(engine_pages.mails(deployment.url)) == []

    deployment.deploy(tmp_path / "more.log", {"maxScanGb": "0.02"})
    event = {"period": PERIOD, "attempt": 1, "again": True}
    answer = deployment.client("lambda").invoke(
        FunctionName=deployment.outputs()["ProducerFunctionName"], Payload=json.dumps(event)
    )
    assert json.loads(answer["Payload"].read())["produced"] == 1
    assert month.finish() == {Status.DELIVERED: 1}
