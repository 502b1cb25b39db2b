"""A usage file of one's own: what can't be sent is listed with its reason, the rest goes out."""

import csv
import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from local.demo.story import run
from local.month.audit import audit
from local.month.month import Month, StoppedError
from local.stack import engine_pages
from local.stack.contents import described
from local.stack.deployment import Deployment
from local.usage import bucket, csv_file
from local.usage.choice import choose
from local.usage.csv_file import COLUMNS
from shared.keys import USER_ID_MAX_BYTES
from shared.rendering.tags import PERIOD_TAG
from tests.e2e.conftest import USERS, Story

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
    bucket.load(deployment.client("s3"), deployment.outputs()["UsageBucketName"], csv_file.read(usage_file))
    month = Month(deployment, choice.period, lambda _: None)
    report = month.produce()
    month.finish()

    mails = [mail for mail in engine_pages.mails(deployment.url) if mail["Tags"][PERIOD_TAG] == "2026-03"]
    assert audit(mails, choice.expectation, choice.period, failed=[]).exactly_once
    rejected = month.rejected_rows(report["rejected_rows"])
    reasons = {_listed(user_id): reason for user_id, reason in choice.expectation.rejected.items()}
    assert {row["user_id"] or "": row["reason"] for row in rejected} == reasons
    assert report["rejected"] == len(_HOPELESS)


def test_a_month_without_a_message_stops_with_its_reason_and_stages_no_kill(
    usage_file: Path, deployment: Deployment
) -> None:
    """Also on stage local, where a file of one's own may hold anything: nobody is told that it is done."""
    with usage_file.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        rows.writerows([user, f"{user}.example.com", "phone", "2026-02-03T10:00:00Z", "5"] for user in ("ann", "bob"))
        rows.writerow(["eve", "eve@example.com", "phone", "2026-01-03T10:00:00Z", "5"])
    screen = io.StringIO()
    with pytest.raises(StoppedError) as stopped:
        run(deployment, choose(str(usage_file), "2026-02", 1, usage_file), 55, Console(file=screen, width=200))
    assert stopped.value.findings == {"rejected": "2 of 2 rows can't become messages: 2 for email"}
    assert [row["user_id"] for row in stopped.value.rejected] == ["ann", "bob"]
    assert "1 users in the file have no event in 2026-02: no mail for them" in screen.getvalue()
    assert "✓" not in screen.getvalue()
    assert engine_pages.ordered(deployment.url) == {}


def test_what_stands_is_told_from_its_outbox(story: Story, deployment: Deployment) -> None:
    told = described(deployment.url, datetime.now(UTC)).splitlines()
    assert f"  {story.choice.period}: {USERS} messages ({USERS} DELIVERED)" in told
