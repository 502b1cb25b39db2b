"""A month whose addresses are bad stops by itself; and what else SES may say of a mail, on the deployed stack."""

import csv
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local.month.month import Month
from local.month.sweeps import Sweeps
from local.stack import engine_pages
from local.stack.deployment import Deployment
from local.stack.embedded_aws import ROOT
from local.stack.isolation import isolated
from local.stack.parameters import FASTER
from local.stack.stack import passing_stack
from local.stack.stage_settings import STAGE
from local.usage import bucket, csv_file
from local.usage.choice import choose
from local.usage.csv_file import COLUMNS
from shared.outbox.states import HELD, WAITING, Status
from tests.conformance.account import eventually

USERS, EVERY, RATE = 400, 10, 6.0
SPECIAL = {"a-full": "full@example.com", "a-late": "late@example.com", "a-listed": "listed@example.com"}
"""The first of all users: they are sent to before the brake."""


@dataclass(frozen=True)
class BadMonth:
    """As it stood when it had paused itself, and nothing moved any more."""

    deployment: Deployment
    mails: int
    statuses: Counter[str]


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BadMonth]:
    folder = tmp_path_factory.mktemp("bad-month")
    with passing_stack(folder, lambda _: None, FASTER) as deployment:
        choice = choose(str(_usage(folder)), "2026-10", 1, folder / "usage.csv")
        bucket.load(deployment.client("s3"), deployment.outputs()["UsageBucketName"], csv_file.read(choice.path))
        deployment.client("sesv2").put_suppressed_destination(EmailAddress=SPECIAL["a-listed"], Reason="COMPLAINT")
        engine_pages.set_ses(deployment.url, rate=RATE, outcomes=[
            {"to": "^gone", "outcome": "bounce"}, {"to": "^full", "outcome": "mailboxfull"}, {"to": "^late", "outcome": "delay"},
        ])  # fmt: skip
        deployment.client("lambda").invoke(
            FunctionName=deployment.outputs()["SweeperFunctionName"]
        )  # it learns the rate
        month = Month(deployment, choice.period, lambda _: None)
        month.produce()
        with Sweeps(deployment):
            eventually(lambda: _paused(deployment), within_s=90)
            eventually(lambda: not any(month.outbox.statuses()[one] for one in WAITING - {Status.PENDING}), within_s=60)
        yield BadMonth(deployment, _mails(deployment), Counter(month.outbox.statuses()))


def _usage(folder: Path) -> Path:
    path = folder / "my.csv"
    users = {
        f"user-{number:03}": f"{'gone' if number % EVERY == 0 else 'user'}.{number}@example.com"
        for number in range(USERS)
    }
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        for user_id, email in {**SPECIAL, **users}.items():
            rows.writerow([user_id, email, "phone", "2026-10-31T23:59:59Z", "12.5"])
    return path


def _mails(deployment: Deployment) -> int:
    """Witnessed by SES's inbox."""
    return sum(1 for _ in engine_pages.mails(deployment.url))


def _control(deployment: Deployment, name: str) -> dict[str, Any]:
    table = deployment.outputs()["ControlTableName"]
    return dict(deployment.client("dynamodb").get_item(TableName=table, Key={"name": {"S": name}}).get("Item", {}))


def _paused(deployment: Deployment) -> str:
    return str(_control(deployment, "campaign").get("paused", {}).get("S", ""))


def _ops(deployment: Deployment, *words: str) -> str:
    command = [sys.executable, "-m", "ops.main", *words, "--stage", STAGE]
    environment = isolated(os.environ, deployment.url)
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout


def test_a_month_in_which_every_tenth_address_bounces_stops_long_before_its_end(month: BadMonth) -> None:
    """How long before, the delay of the events decides, and with it the machine; tests/pacing has the figures."""
    assert 90 <= month.mails <= 370, "of 403"
    assert month.statuses[Status.PENDING] == USERS + len(SPECIAL) - sum(
        number for status, number in month.statuses.items() if status not in WAITING
    )
    assert month.statuses[Status.PENDING] >= 30
    assert not any(month.statuses[one] for one in HELD)


def test_status_says_why_and_where_to_read_on(month: BadMonth) -> None:
    reason = _paused(month.deployment)
    assert "mails bounced, " in reason
    assert "far above maxBounced, 2.00%. See docs/runbook.md, Too many mails bounce" in reason
    assert reason in " ".join(_ops(month.deployment, "status").replace("│", " ").split())


def test_the_suppression_list_and_whom_of_the_month_it_concerns(month: BadMonth) -> None:
    """SES has put those that bounced on it; of those that wait, nobody is on it yet."""
    entries = [json.loads(line) for line in _ops(month.deployment, "suppressed", "--json").splitlines()]
    assert len(entries) == month.statuses[Status.BOUNCED] - 1 + 1, "without the full mailbox, with the one from before"
    assert {one["email"] for one in entries} == {"g***@example.com", "l***@example.com"}
    assert "0 of" in _ops(month.deployment, "suppressed", "--period", "2026-10")


@pytest.mark.parametrize(
    ("user", "says"),
    [
        ("a-full", ("BOUNCED", "bounced: Transient/MailboxFull")),
        ("a-late", ("DELIVERED",)),
        ("a-listed", ("SUPPRESSED", "suppressed: OnAccountSuppressionList")),
        ("user-000", ("BOUNCED", "bounced: Permanent/General")),
    ],
)
def test_what_became_of_a_mail_is_told(month: BadMonth, user: str, says: tuple[str, ...]) -> None:
    shown = _ops(month.deployment, "show", user, "2026-10")
    assert all(one in shown for one in says), shown


def test_a_delay_is_logged_without_an_address_and_counts_nothing(month: BadMonth) -> None:
    logs = month.deployment.client("logs")
    group = f"/aws/lambda/{month.deployment.outputs()['FeedbackFunctionName']}"
    found = logs.filter_log_events(logGroupName=group, filterPattern='"delayed"')["events"]
    assert any("delayed: TransientCommunicationFailure" in one["message"] for one in found)
    assert not any("@example.com" in one["message"] for one in found)
    counts = {name for name in _control(month.deployment, "reputation") if name.startswith(("bounced", "complained"))}
    assert counts <= {"bounced_0_0", "bounced_0_1"}


def test_resume_counts_anew_and_the_next_bad_ones_brake_again(month: BadMonth) -> None:
    """It does not pause at once for what the operator has seen."""
    _ops(month.deployment, "resume")
    assert _paused(month.deployment) == ""
    since = int(_control(month.deployment, "campaign")["counted_from"]["N"])
    assert since > 0
    with Sweeps(month.deployment):
        eventually(lambda: _mails(month.deployment) > month.mails + 20, within_s=90)
    assert _paused(month.deployment) == ""
