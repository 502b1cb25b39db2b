"""A bad month leaves no recipient's address behind: not in logs, metrics, control items, executions, queue, tags, messages
whose story is over, or the list of rejected rows.

SES is put back into its sandbox in the middle, where it refuses each mail with a text that quotes the recipient; answers
get lost, mails bounce, and what was put in by hand has no address at all.
"""

import csv
import json
import os
import subprocess
import sys
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
from shared.outbox.states import TOLD
from tests.conformance.account import eventually
from tests.e2e import traces

MARK = "s3cr3t"
"""In every address of the month, and nowhere else."""
USERS = 24
RATE = 4.0
BAD = {"bounced": f"bounce+{MARK}@simulator.amazonses.com", "complains": f"complaint+{MARK}@simulator.amazonses.com"}
REJECTED = {"two": f"{MARK}@a.test,{MARK}@b.test", "none": MARK}


@dataclass(frozen=True)
class BadMonth:
    """The stack after it, and the control table as it was while the campaign was paused."""

    deployment: Deployment
    control: list[Any]


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BadMonth]:
    folder = tmp_path_factory.mktemp("bad-month")
    with passing_stack(folder, lambda _: None, FASTER) as deployment:
        yield BadMonth(deployment, _live_through(deployment, folder))


def _live_through(deployment: Deployment, folder: Path) -> list[Any]:
    choice = choose(str(_usage(folder)), "2026-10", 1, folder / "usage.csv")
    bucket.load(deployment.client("s3"), deployment.outputs()["UsageBucketName"], csv_file.read(choice.path))
    engine_pages.set_ses_rate(deployment.url, RATE)
    month = Month(deployment, choice.period, lambda _: None)
    month.produce()
    data = next(item["data"] for item in traces.outbox(deployment) if "data" in item)
    _put_by_hand(deployment, "by hand", {"S": f"{MARK} without an at"}, data)
    eventually(lambda: sum(1 for _ in engine_pages.mails(deployment.url)) >= 3, within_s=60)
    _be_in_the_sandbox(deployment, sandbox=True)
    eventually(lambda: _paused(deployment), within_s=60)
    control = list(traces.control(deployment))
    _be_in_the_sandbox(deployment, sandbox=False)
    _ops(deployment, "resume")
    engine_pages.begin_storm(deployment.url, seed=1, drop_ses_answers=0.5)
    with Sweeps(deployment):
        eventually(lambda: engine_pages.struck(deployment.url)["dropped_answers"] >= 2, within_s=60)
        engine_pages.end_storm(deployment.url)
        month.finish()
    _put_by_hand(deployment, "no text", {"L": [{"S": f"{MARK}@example.com"}]}, data)
    _put_by_hand(deployment, "no data", {"S": f"{MARK}@example.com"}, {"M": {"name": {"L": [{"S": MARK}]}}})
    eventually(lambda: sum("claim_refused" in message for message in traces.logs(deployment)) >= 2, within_s=30)
    return control


def _usage(folder: Path) -> Path:
    path = folder / "my.csv"
    users = {f"user-{number}": f"{MARK}.{number}@example.com" for number in range(USERS)}
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        for user_id, email in {**users, **BAD, **REJECTED}.items():
            rows.writerow([user_id, email, "phone", "2026-10-31T23:59:59Z", "12.5"])
    return path


def _put_by_hand(deployment: Deployment, user_id: str, email: Any, data: Any) -> None:
    dynamodb, table = deployment.client("dynamodb"), deployment.outputs()["OutboxTableName"]
    key = {"user_id": {"S": user_id}, "period": {"S": "2026-10"}}
    dynamodb.put_item(TableName=table, Item={**key, "status": {"S": "PENDING"}, "email": email, "data": data})


def _be_in_the_sandbox(deployment: Deployment, *, sandbox: bool) -> None:
    deployment.client("sesv2").put_account_details(
        MailType="TRANSACTIONAL", WebsiteURL="https://example.com", ProductionAccessEnabled=not sandbox
    )


def _paused(deployment: Deployment) -> bool:
    control = deployment.outputs()["ControlTableName"]
    campaign = deployment.client("dynamodb").get_item(TableName=control, Key={"name": {"S": "campaign"}})["Item"]
    return bool(campaign["paused"].get("S"))


def _ops(deployment: Deployment, *words: str) -> str:
    command = [sys.executable, "-m", "ops.main", *words, "--stage", STAGE]
    environment = isolated(os.environ, deployment.url)
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout


def _told(deployment: Deployment) -> Iterator[Any]:
    """Messages whose story is over."""
    return (item for item in traces.outbox(deployment) if item["status"]["S"] in TOLD)


@pytest.mark.parametrize(
    ("place", "least"),
    [
        (traces.logs, 100),
        (traces.metrics, 10),
        (traces.control, 3),
        (traces.executions, 100),
        (traces.dead_letters, 0),
        (traces.tags, 4 * USERS),
        (_told, USERS + len(BAD)),
        (traces.rejected, len(REJECTED)),
    ],
)
def test_no_address_is_left(month: BadMonth, place: Any, least: int) -> None:
    found = list(place(month.deployment))
    assert len(found) >= least, "there is nothing to look at"
    assert _telling(found) == []


def test_a_message_whose_story_is_over_says_nothing_any_more(month: BadMonth) -> None:
    """With the settings as they are by default, and no lap since."""
    for item in _told(month.deployment):
        assert not {"email", "data"} & item.keys()
        assert len(item["digest"]["S"]) == 16


def test_the_reason_of_the_pause_names_nobody(month: BadMonth) -> None:
    (campaign,) = (item for item in month.control if item["name"] == {"S": "campaign"})
    assert campaign["paused"]["S"].endswith("in region US-EAST-1: …@…")
    assert _telling(month.control) == []


def _telling(found: list[Any]) -> list[Any]:
    return [one for one in found if MARK in json.dumps(one, default=str, ensure_ascii=False)]


def test_it_was_a_bad_month(month: BadMonth) -> None:
    """What is looked for was there to be told: refusals that quoted a recipient, lost answers, and rows that are none."""
    logs = " ".join(traces.logs(month.deployment))
    for said in ("Email address is not verified", "…@…", "mark_uncertain", "should be a text, found list"):
        assert said in logs
    shown = _ops(month.deployment, "show", "by hand", "2026-10")
    assert "FAILED" in shown
    assert MARK not in shown
