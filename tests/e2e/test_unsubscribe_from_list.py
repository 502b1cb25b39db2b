"""A stage that leaves it to SES's own list: SES's headers and link, and who leaves there is not produced for the next month."""

import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.month.month import Month
from local.stack import engine_pages
from local.stack.deployment import Deployment
from local.stack.stack import passing_stack
from local.usage import bucket, csv_file
from local.usage.choice import choose
from shared.keys import from_tag
from shared.outbox.states import Status
from shared.rendering.tags import PERIOD_TAG, USER_TAG
from tests.e2e.waiting import until

USERS = 3
SETTINGS: dict[str, int | str] = {"unsubscribe": "ses", "contactList": "users", "contactTopic": "usage"}
TOPIC = {"TopicName": "usage", "DisplayName": "Monthly usage", "DefaultSubscriptionStatus": "OPT_IN"}


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with passing_stack(tmp_path_factory.mktemp("stack"), lambda _: None, SETTINGS) as deployment:
        deployment.client("sesv2").create_contact_list(ContactListName="users", Topics=[TOPIC])
        yield deployment


def a_month(deployment: Deployment, period: str, folder: Path) -> dict[str, Any]:
    choice = choose("", period, USERS, folder / f"{period}.csv")
    bucket.load(deployment.client("s3"), deployment.outputs()["UsageBucketName"], csv_file.read(choice.path))
    month = Month(deployment, choice.period, lambda _: None)
    report = month.produce()
    assert month.finish() == {Status.DELIVERED: report["produced"]}
    return report


def mails(deployment: Deployment, period: str) -> dict[str, dict[str, Any]]:
    found = [mail for mail in engine_pages.mails(deployment.url) if mail["Tags"][PERIOD_TAG] == period]
    return {from_tag(mail["Tags"][USER_TAG]): mail for mail in found}


def test_who_leaves_on_ses_own_page_gets_no_mail(deployment: Deployment, tmp_path: Path) -> None:
    assert a_month(deployment, "2026-08", tmp_path)["produced"] == USERS
    august = mails(deployment, "2026-08")
    assert len(august) == USERS
    for mail in august.values():
        link = mail["Headers"]["List-Unsubscribe"].strip("<>")
        assert mail["Headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert link in mail["BodyText"]
        assert f'href="{link}"' in mail["BodyHtml"]
        assert "amazonSESUnsubscribeUrl" not in mail["BodyText"] + mail["BodyHtml"]

    leaving = sorted(august)[0]
    link = august[leaving]["Headers"]["List-Unsubscribe"].strip("<>")
    with urllib.request.urlopen(link, b"List-Unsubscribe=One-Click") as answer:
        assert answer.status == 200

    table = deployment.outputs()["UnsubscribedTableName"]
    noted = until(lambda: deployment.client("dynamodb").scan(TableName=table)["Items"])
    assert [(one["user_id"]["S"], one["by"]["S"]) for one in noted] == [(leaving, "recipient")]

    report = a_month(deployment, "2026-09", tmp_path)
    assert (report["produced"], report["unsubscribed"]) == (USERS - 1, 1)
    assert mails(deployment, "2026-09").keys() == august.keys() - {leaving}
    assert "UnsubscribeSecretArn" not in deployment.outputs()
