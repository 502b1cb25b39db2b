"""A text that was deployed before is deployed again: each month goes out with the text of its day."""

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.month.month import Month
from local.stack import engine_pages
from local.stack.deployment import ZIP, Deployment
from local.stack.stack import passing_stack
from local.stack.stage_settings import STAGE, mail_files
from local.usage import bucket, csv_file
from local.usage.choice import choose
from shared.outbox.states import Status
from tests.e2e.copies import copied

SUBJECT = mail_files().templates["subject"]
ANOTHER = "Another text for {{{period}}}"


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    with passing_stack(tmp_path, lambda _: None) as deployment:
        yield deployment


def with_another_text(checkout: Path) -> Path:
    """What is deployed, with another subject in its files and its zip."""
    (copied(checkout) / SUBJECT).write_text(ANOTHER)
    with zipfile.ZipFile(ZIP) as ours, zipfile.ZipFile(checkout / ".local" / ZIP.name, "w") as theirs:
        for one in ours.infolist():
            theirs.writestr(one, ANOTHER if one.filename == SUBJECT else ours.read(one))
    return checkout


def send_a_month(deployment: Deployment, period: str, folder: Path) -> None:
    choice = choose("", period, 1, folder / f"{period}.csv")
    bucket.load(deployment.client("s3"), deployment.outputs()["UsageBucketName"], csv_file.read(choice.path))
    month = Month(deployment, choice.period, lambda _: None)
    assert month.produce()["produced"] == 1
    assert month.finish() == {Status.DELIVERED: 1}


def test_going_back_to_a_text_is_a_deployment_like_any_other(deployment: Deployment, tmp_path: Path) -> None:
    other = Deployment(deployment.url, STAGE, with_another_text(tmp_path / "checkout"))
    templates = deployment.client("sesv2").list_email_templates
    assert templates()["TemplatesMetadata"] == [], "a deployment makes none"
    send_a_month(deployment, "2026-08", tmp_path)
    other.deploy(tmp_path / "other.log")
    send_a_month(deployment, "2026-09", tmp_path)
    deployment.deploy(tmp_path / "again.log")
    send_a_month(deployment, "2026-10", tmp_path)
    subjects = sorted(mail["Subject"].partition(":")[0] for mail in engine_pages.mails(deployment.url))
    assert subjects == ["Another text for September 2026", "Your August 2026 usage", "Your October 2026 usage"]
    assert len(templates()["TemplatesMetadata"]) == 2
