"""A usage file of one's own: what can't be sent is listed with its reason, the rest goes out."""

import csv
import subprocess
import sys
from pathlib import Path

import pytest

from local import engine_pages, usage, usage_csv
from local.audit import audit
from local.deployment import Deployment
from local.embedded_aws import ROOT
from local.month import Month
from local.usage_choice import choose
from local.usage_csv import COLUMNS
from shared.feedback import PERIOD_TAG
from shared.keys import USER_ID_MAX_BYTES

_HEADER = ",".join(COLUMNS)

# From user to address; both as somebody's export might have them.
_ADVENTUROUS = {
    "ann": "shared@example.com",
    "ben": "shared@example.com",
    "zoë, the 'first'": "zoe@example.com",
    '<b>"bold"</b>': "bold@example.com",
    "y" * 128: "longest@example.com",
    "idna": "ida@bücher.example",
    "bouncing": "bounce@simulator.amazonses.com",
}
_HOPELESS = {
    "z" * 129: "too-long@example.com",
    "no-mail": "",
    "no-at": "somebody.example.com",
    "two": "a@example.com,b@example.com",
    "line\u2028separator": "line@example.com",
    "": "nobody@example.com",
}


def _listed(user_id: str) -> str:
    """As the list shows it: one that is too long by its beginning."""
    return user_id if len(user_id) <= USER_ID_MAX_BYTES else f"{user_id[:USER_ID_MAX_BYTES]}…"


def test_the_hopeless_are_listed_and_the_rest_goes_out(usage_file: Path, deployment: Deployment) -> None:
    with usage_file.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        for user_id, email in {**_ADVENTUROUS, **_HOPELESS}.items():
            rows.writerow([user_id, email, "phone", "2026-03-31T23:59:59.999999Z", "12.5"])
        rows.writerow(["lapsed", "lapsed@example.com", "phone", "2026-04-01T00:00:00Z", "1"])
    choice = choose(str(usage_file), "2026-03", 1, usage_file)
    assert set(choice.expectation.mails) == set(_ADVENTUROUS)
    usage.load(deployment.client("s3"), deployment.outputs()["UsageBucketName"], usage_csv.read(usage_file))
    month = Month(deployment, choice.period, lambda _: None)
    report = month.produce()
    month.finish()

    mails = [mail for mail in engine_pages.mails(deployment.url) if mail["Tags"][PERIOD_TAG] == "2026-03"]
    assert audit(mails, choice.expectation, choice.period, failed=[]).exactly_once
    rejected = month.rejected_rows(report["rejected_rows"])
    reasons = {_listed(user_id): reason for user_id, reason in choice.expectation.rejected.items()}
    assert {row["user_id"] or "": row["reason"] for row in rejected} == reasons
    assert report["rejected"] == len(_HOPELESS)


@pytest.mark.parametrize(
    ("content", "period", "message"),
    [
        ("user_id,email,device_id,used_at\n", "", "line 1: column minutes is missing"),
        (f"{_HEADER}\na,a@example.com,d,2026-10-01,12,5\n", "", "line 2: 6 cells where the header has 5"),
        (f"{_HEADER}\na,a@example.com,d,yesterday,12\n", "", "line 2, column used_at: 'yesterday'"),
        (f"{_HEADER}\na,a@example.com,d,2026-10-01,12\n", "2026-13", "'2026-13' is no period"),
        (
            f"{_HEADER}\na,a@example.com,d,2026-10-01,12\n",
            "2026-09",
            "no usage event in 2026-09; its latest are in 2026-10",
        ),
        (f"{_HEADER}\n", "", "has no usage event"),
        (None, "", "cannot be read"),
    ],
    ids=["column", "cells", "value", "impossible period", "empty period", "empty", "no file"],
)
def test_unusable_input_starts_nothing(usage_file: Path, content: str | None, period: str, message: str) -> None:
    """Exit status 2, and one message that names the file or the period, the line and the column."""
    if content is not None:
        usage_file.write_text(content)
    ended = subprocess.run(
        [sys.executable, "-m", "local.demo", "--usage", str(usage_file), "--period", period],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert message in ended.stderr
    assert ended.stdout == ""
