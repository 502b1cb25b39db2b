"""`onlyonce preflight` on the deployed stack: a look, and exactly what was looked at goes out."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from local.month.month import Month
from local.stack import engine_pages
from local.stack.deployment import STACK, Deployment
from local.stack.embedded_aws import ROOT
from local.stack.isolation import isolated
from local.stack.stack import passing_stack
from local.stack.stage_settings import STAGE
from local.usage import bucket, csv_file
from shared.keys import from_tag
from shared.outbox.states import Status
from shared.periods import Period
from shared.rendering.tags import USER_TAG

PERIOD = "2026-10"
USERS = [f"user-{number:02}" for number in range(30)]
NO_ADDRESS, LEFT, SUPPRESSED = USERS[3], USERS[7], USERS[11]


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A stack of its own, with October's usage, a user who has left, and one whose address is on SES's list."""
    folder = tmp_path_factory.mktemp("stack")
    with passing_stack(folder, lambda _: None) as deployment:
        load(deployment, folder, USERS)
        deployment.client("sesv2").put_suppressed_destination(EmailAddress=f"{SUPPRESSED}@example.com", Reason="BOUNCE")
        status, _ = onlyonce(deployment, "unsubscribe", LEFT, "--reason", "asked by letter", "--yes")
        assert status == 0
        yield deployment


def load(deployment: Deployment, folder: Path, users: list[str]) -> None:
    """Usage of October, and some of this month."""
    months = (f"{PERIOD}-05", f"{datetime.now(UTC):%Y-%m}-01")
    lines = [f"{user},{address(user)},phone,{day}T09:00:00Z,5" for user in users for day in months]
    usage = folder / "usage.csv"
    usage.write_text("\n".join(["user_id,email,device_id,used_at,minutes", *lines]))
    bucket.load(deployment.client("s3"), deployment.outputs()["UsageBucketName"], csv_file.read(usage))


def address(user: str) -> str:
    return "nobody" if user == NO_ADDRESS else f"{user}@example.com"


def onlyonce(deployment: Deployment, *words: str) -> tuple[int, str]:
    """Exit status, and what was printed."""
    done = subprocess.run(
        [sys.executable, "-m", "ops.main", *words, "--stage", STAGE],
        cwd=ROOT, env=isolated(os.environ, deployment.url), capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def preflight(deployment: Deployment, *words: str, period: str = PERIOD) -> dict[str, Any]:
    _, printed = onlyonce(deployment, "preflight", period, "--json", *words)
    told: dict[str, Any] = json.loads(printed)
    return told


def queries(deployment: Deployment) -> list[str]:
    """The ids of all that Athena was asked in the stage's work group."""
    found: list[str] = deployment.client("athena").list_query_executions(WorkGroup=STACK)["QueryExecutionIds"]
    return found


def written(deployment: Deployment) -> list[str]:
    """The messages, and the runs."""
    outputs, dynamodb = deployment.outputs(), deployment.client("dynamodb")
    messages = dynamodb.scan(TableName=outputs["OutboxTableName"])["Items"]
    control = dynamodb.scan(TableName=outputs["ControlTableName"])["Items"]
    runs = [item["name"]["S"] for item in control if item["name"]["S"].startswith(("run#", "template#"))]
    return [*(item["user_id"]["S"] for item in messages), *runs]


def asked_of_ses(deployment: Deployment) -> list[str]:
    """Whose mails it has taken, also those that it keeps back."""
    return sorted(from_tag(mail["Tags"][USER_TAG]) for mail in engine_pages.mails(deployment.url))


def test_what_was_looked_at_is_what_goes_out(deployment: Deployment, tmp_path: Path) -> None:
    told = preflight(deployment)
    assert (told["rows"], told["messages"], told["unsubscribed"], told["rejected"], told["suppressed"]) == (
        30,
        28,
        1,
        1,
        1,
    )
    assert [(row["user_id"], row["column"]) for row in told["rejected_samples"]] == [(NO_ADDRESS, "email")]
    assert (told["would_stop_for"], told["already"]["have"], told["may_go_out"]) == ({}, 0, True)
    assert Path(told["mails"]).read_text().count("<iframe") >= 3
    assert written(deployment) == [], "nothing is written"

    load(deployment, tmp_path, [*USERS, "a-late-one"])
    status, printed = onlyonce(deployment, "produce", PERIOD, "--result", told["result"]["query_id"], "--yes")
    assert status == 0, printed
    assert queries(deployment) == [told["result"]["query_id"]], "Athena is asked once in all"
    statuses = Month(deployment, Period.parse(PERIOD), lambda _: None).finish()
    assert statuses == {Status.DELIVERED: 27, Status.SUPPRESSED: 1}
    assert asked_of_ses(deployment) == sorted({*USERS} - {NO_ADDRESS, LEFT})


def test_the_run_that_has_asked_is_looked_at_without_asking(deployment: Deployment) -> None:
    before = queries(deployment)
    told = preflight(deployment)
    assert (told["run"], told["already"]["would_be_put"], told["messages"]) == ("COMPLETED", 0, 28)
    assert queries(deployment) == before
    told = preflight(deployment, "--anew")
    assert (told["already"]["would_be_put"], told["messages"]) == (1, 29)
    assert len(queries(deployment)) == 2
    status, printed = onlyonce(
        deployment, "produce", PERIOD, "--again", "--result", told["result"]["query_id"], "--yes"
    )
    assert status == 0, printed
    assert len(queries(deployment)) == 2
    Month(deployment, Period.parse(PERIOD), lambda _: None).finish()
    assert asked_of_ses(deployment) == sorted({*USERS, "a-late-one"} - {NO_ADDRESS, LEFT})


def test_the_result_of_another_month_is_refused(deployment: Deployment) -> None:
    """By the producer itself, whatever the command thinks of it."""
    september = preflight(deployment, period="2026-09")["result"]["query_id"]
    before = written(deployment)
    status, printed = onlyonce(deployment, "produce", "2026-08", "--result", september, "--yes")
    assert (status, "UnfitResultError" in printed, "its SQL is not the deployed query for 2026-08" in printed) == (
        1, True, True
    )  # fmt: skip
    status, printed = onlyonce(deployment, "produce", "2026-08", "--result", "no-such-query", "--yes")
    assert (status, "no-such-query can't be looked at" in printed) == (1, True)
    assert written(deployment) == before


def test_a_month_that_is_not_over_is_looked_at_and_no_more(deployment: Deployment) -> None:
    month = f"{datetime.now(UTC):%Y-%m}"
    told = preflight(deployment, period=month)
    assert (told["period_is_over"], told["result"]["can_be_handed_on"], told["rows"]) == (False, False, 31)
    _, printed = onlyonce(deployment, "preflight", month, "--result", told["result"]["query_id"])
    assert "is not over in UTC" in printed
    assert "no run takes this result: it was asked at" in printed
    status, printed = onlyonce(deployment, "produce", month, "--result", told["result"]["query_id"], "--yes")
    assert (status, "is not over" in printed) == (1, True)
