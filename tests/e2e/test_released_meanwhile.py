"""While hundreds of messages move, a release with another text and another query is deployed, and rolled back."""

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from local.month.month import STUCK_AFTER_S, Month
from local.stack import engine_pages
from local.stack.deployment import Deployment
from local.stack.embedded_aws import ROOT
from local.stack.stack import passing_stack
from local.usage import bucket, csv_file
from local.usage.choice import choose
from local.usage.expectation import expected
from shared.keys import from_tag
from shared.outbox.states import WAITING, Status
from shared.periods import Period
from shared.rendering.tags import PERIOD_TAG, USER_TAG
from tests.e2e.copies import copied
from tests.e2e.tool import osls

USERS, RATE = 260, 8
PARAMS = {"sendBatchSize": "auto"}
BEFORE, AFTER = Period.parse("2026-10"), Period.parse("2026-09")
"""The month that the first release produces, and the one that the second does, of the same users."""
MARK = "Written by the next release."
TEN_THOUSAND_HOURS = "+ 600000 AS total_minutes"


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    with passing_stack(tmp_path / "stack", lambda _: None, PARAMS) as deployment:
        engine_pages.set_ses(deployment.url, rate=RATE, daily=-1)
        yield deployment


@pytest.fixture
def next_release(tmp_path: Path) -> Path:
    """A checkout with another text and another query."""
    checkout = copied(tmp_path / "checkout")
    shutil.copytree(ROOT / "shared", checkout / "shared")
    shutil.copy(ROOT / "requirements.txt", checkout)
    text, query = checkout / "mail/usage/text.hbs", checkout / "mail/usage/query.sql"
    text.write_text(f"{text.read_text()}{MARK}\n")
    changed, number = re.subn(
        r"(?m)^    total_minutes,$", f"    total_minutes {TEN_THOUSAND_HOURS},", query.read_text()
    )
    assert number == 1
    query.write_text(changed)
    subprocess.run([sys.executable, "deploy/package.py"], cwd=checkout, check=True)
    return checkout


def moving(*months: Month) -> int:
    """How many of the messages wait, once another mail has gone out."""
    before, until = _left(months), time.monotonic() + STUCK_AFTER_S
    while (left := _left(months)) == before:
        assert left
        assert time.monotonic() < until
    return left


def _left(months: Iterable[Month]) -> int:
    return sum(number for month in months for status, number in month.look().items() if status in WAITING)


def test_everybody_has_one_mail_each_with_the_text_of_its_release(
    deployment: Deployment, next_release: Path, tmp_path: Path
) -> None:
    choice = choose("", str(BEFORE), USERS, tmp_path / "usage.csv")
    bucket.load(deployment.client("s3"), deployment.outputs()["UsageBucketName"], csv_file.read(choice.path))
    wanted = {month: expected(csv_file.read(choice.path), month).mails for month in (BEFORE, AFTER)}
    assert sum(len(mails) for mails in wanted.values()) >= 500
    (first,) = re.findall(r"Timestamp: (\d+)", osls(deployment, "deploy", "list"))

    before, after = (Month(deployment, month, lambda _: None) for month in (BEFORE, AFTER))
    assert before.produce()["produced"] == len(wanted[BEFORE])
    left = moving(before)
    Deployment(deployment.url, checkout=next_release).deploy(tmp_path / "next.log", PARAMS)
    assert 0 < moving(before) < left
    assert after.produce()["produced"] == len(wanted[AFTER])
    left = moving(before, after)
    osls(deployment, "rollback", "--timestamp", first, checkout=next_release)
    assert 0 < moving(before, after) < left

    for month in (after, before):  # in the order in which they end; the first one waits for the events of both
        assert month.finish() == {Status.DELIVERED: len(wanted[month.period])}
    mails = list(engine_pages.mails(deployment.url))
    found = sorted((mail["Tags"][PERIOD_TAG], from_tag(mail["Tags"][USER_TAG]), mail["To"]) for mail in mails)
    assert found == sorted((str(month), user, [email]) for month in wanted for user, email in wanted[month].items())
    for mail in mails:
        of_the_next = mail["Tags"][PERIOD_TAG] == str(AFTER)
        assert (MARK in mail["BodyText"], "10,0" in mail["Subject"]) == (of_the_next, of_the_next)
