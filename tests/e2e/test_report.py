"""The report of the story's month, by the command line, on the deployed stack."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from local.stack.deployment import Deployment
from local.stack.embedded_aws import ROOT
from local.stack.isolation import isolated
from ops.bill.units import INDEX_WRITES, WRITES
from tests.e2e.conftest import USERS, Story


@pytest.fixture(scope="module")
def counted(deployment: Deployment) -> Deployment:
    """After a lap of the accounts, which begins once an hour by itself."""
    control = deployment.outputs()["ControlTableName"]
    deployment.client("dynamodb").delete_item(TableName=control, Key={"name": {"S": "accounting"}})
    deployment.client("lambda").invoke(FunctionName=deployment.outputs()["SweeperFunctionName"])
    return deployment


def report(deployment: Deployment, *words: str, status: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "ops.main", "report", *words, "--stage", "local"],
        cwd=ROOT, env=isolated(os.environ, deployment.url), capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_figures_are_those_of_the_story(story: Story, counted: Deployment) -> None:
    told = json.loads(report(counted, str(story.choice.period), "--json"))
    assert (told["messages"], told["accepted"], told["held"], told["over"]) == (USERS, USERS, 0, True)
    assert sum(told["statuses"].values()) == USERS
    assert (told["run"]["produced"], told["run"]["rejected"]) == (USERS, 0)
    assert told["accounts"]["missing"] == 0
    assert told["accounts"]["settled_at"] is not None
    assert told["delivered"]["sample"] > USERS / 2
    assert told["sent"] is not None, "the functions' metrics tell when"
    items = {one["name"]: one for one in told["cost"]["entries"]}
    assert (items["SES: mails"]["quantity"], items["SES: mails"]["measured"]) == (USERS, True)
    writes = items["DynamoDB: writes"]
    assert writes["measured"]
    assert writes["quantity"] >= USERS * (WRITES + INDEX_WRITES), "of the outbox, the index and the control table"


def test_page_is_written_and_names_no_address(story: Story, counted: Deployment, tmp_path: Path) -> None:
    place = tmp_path / "october.html"
    said = report(counted, str(story.choice.period), "--output", str(place))
    assert f"written to {place}" in said
    html = place.read_text()
    assert f"<dt>messages</dt><dd>{USERS}</dd>" in html
    addresses = set(story.choice.expectation.mails.values())
    assert not addresses & set(re.findall(r"[\w.+-]+@[\w.-]+", html))


def test_month_that_never_was_ends_in_one_line(counted: Deployment) -> None:
    said = report(counted, "2019-01", status=2)
    assert said.strip().count("\n") == 0
    assert "2019-01 was never produced" in said
