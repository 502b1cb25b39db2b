"""The story this product exists for, on the deployed stack, counted in the SES inbox."""

import re
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

from local.month.month import Month
from local.stack import engine_pages
from local.stack.deployment import STACK, Deployment
from ops.month.curve import curve
from ops.questions import Questions
from tests.e2e.conftest import CRASH_AT, USERS, Story


def test_every_user_has_exactly_one_mail(story: Story) -> None:
    assert story.outcome.audit.exactly_once
    figures = {**story.outcome.figures, "seconds": None}
    assert figures == {
        "users": USERS,
        "produced": USERS,
        "rejected": 0,
        "sent": USERS,
        "duplicates": 0,
        "lost": 0,
        "uncertain": 0,
        "seconds": None,
    }


def test_the_producer_died_where_it_was_said(story: Story) -> None:
    """55 messages were in the outbox when it died: the second run puts exactly the others there."""
    assert re.search(rf"SIGKILL, pid \d+, after {CRASH_AT} messages \(Runtime.ExitError\)", story.screen)
    assert f"{USERS} messages, {USERS - CRASH_AT} of them put there just now" in story.screen


def test_mails_are_addressed_and_rendered(story: Story, deployment: Deployment) -> None:
    mails = list(engine_pages.mails(deployment.url))[:USERS]
    assert Counter(to for mail in mails for to in mail["To"]) == Counter(story.choice.expectation.mails.values())
    assert all(mail["Subject"] and mail["BodyText"] and "{{" not in mail["BodyHtml"] for mail in mails)


def test_metrics_tell_what_was_sent_and_delivered(story: Story, deployment: Deployment) -> None:
    """Of the story's mails all, and of other months' on this stack."""
    now = datetime.now(UTC)
    counts = curve(Questions(deployment.client), STACK, now - timedelta(hours=2), now, 1.0, now).counts
    assert sum(counts["mark_sent"]) >= story.outcome.figures["sent"]
    assert sum(counts["mark_delivered"]) > USERS / 2


def test_a_completed_month_is_closed(story: Story, deployment: Deployment) -> None:
    """Producing it again puts nothing into the outbox and sends nothing."""
    month = Month(deployment, story.choice.period, lambda _: None)
    before = len(list(engine_pages.mails(deployment.url))), month.outbox.statuses()
    report = month.produce()
    assert (report["produced"], report["fresh"]) == (USERS, 0)
    time.sleep(2)
    assert (len(list(engine_pages.mails(deployment.url))), month.outbox.statuses()) == before


def test_the_sweeper_settles_the_accounts(story: Story, deployment: Deployment) -> None:
    """I6: all messages that were produced are in the outbox, and none waits."""
    control = deployment.outputs()["ControlTableName"]
    dynamodb = deployment.client("dynamodb")
    dynamodb.delete_item(TableName=control, Key={"name": {"S": "accounting"}})  # the next sweep begins a lap
    deployment.client("lambda").invoke(FunctionName=deployment.outputs()["SweeperFunctionName"])
    run = dynamodb.get_item(TableName=control, Key={"name": {"S": f"run#{story.choice.period}"}})["Item"]
    sums = {name: run[f"settled_{name}"]["N"] for name in ("produced", "final", "held", "waiting")}
    assert sums == {"produced": str(USERS), "final": str(USERS), "held": "0", "waiting": "0"}
