"""The embedded AWS dies in the middle of a month, with the product deployed on it, and the month is finished on what was kept."""

import io
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from local.chaos import outcome
from local.chaos.outcome import ChaosOutcome, Struck
from local.month.month import Month
from local.month.progress import Progress
from local.month.sweeps import Sweeps
from local.stack import engine_pages
from local.stack.deployment import Deployment
from local.stack.embedded_aws import EmbeddedAws
from local.stack.parameters import FASTER
from local.usage import bucket, csv_file
from local.usage.choice import UsageChoice, choose
from tests.conformance.account import eventually

USERS = 40
RATE = 5.0
SNAPSHOT_S = 2.0
"""What is no message, no execution and no delivery may be a second old after the kill: stack, functions, mappings."""


@pytest.fixture
def aws(tmp_path: Path) -> Iterator[EmbeddedAws]:
    aws = EmbeddedAws(data_dir=tmp_path / "data", log=tmp_path / "engine.log")
    yield aws
    aws.stop()


def test_the_month_is_finished_by_the_next_engine(aws: EmbeddedAws, tmp_path: Path) -> None:
    choice = choose("", "2026-10", USERS, tmp_path / "usage.csv")
    deployment = Deployment(aws.url)
    deployment.deploy(tmp_path / "deploy.log", FASTER)
    bucket.load(deployment.client("s3"), deployment.outputs()["UsageBucketName"], csv_file.read(choice.path))
    engine_pages.set_ses_rate(aws.url, RATE)
    time.sleep(SNAPSHOT_S)
    with Progress(Console(file=io.StringIO()), USERS) as progress:
        Month(deployment, choice.period, progress.show).produce()
        eventually(lambda: _mailed(aws.url) >= USERS // 3, within_s=60)
        aws.kill()
        before = _journalled(tmp_path)
        aws.start()
        assert before < USERS
        found = _finish(Deployment(aws.url), choice, progress)
    assert found.holds
    assert found.audit.sent == USERS - len(found.audit.failed)
    assert found.failed == 0
    assert found.uncertain <= RATE  # at most what was being asked for when it died


def _finish(deployment: Deployment, choice: UsageChoice, progress: Progress) -> ChaosOutcome:
    with Sweeps(deployment) as sweeps:
        month = Month(deployment, choice.period, progress.show)
        month.finish()
    return outcome.outcome(
        engine_pages.mails(deployment.url), choice, month.outbox, Struck(1, 0, 0, 0), sweeps.done, seconds=0.0
    )


def _mailed(url: str) -> int:
    return sum(1 for _ in engine_pages.mails(url))


def _journalled(tmp_path: Path) -> int:
    return len((tmp_path / "data/state/ses-inbox.jsonl").read_text().splitlines())
