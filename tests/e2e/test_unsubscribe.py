"""Every mail leads its user out, and who has left gets none: the inbox is the witness."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from examples import unsubscribe_page
from local.month.month import Month
from local.stack import engine_pages
from local.stack.deployment import STACK, Deployment
from local.stack.embedded_aws import ROOT
from local.stack.isolation import isolated
from local.stack.stack import passing_stack
from local.stack.stage_settings import STAGE, settings_of
from local.usage import bucket, csv_file
from local.usage.choice import choose
from shared.keys import from_tag
from shared.outbox.states import Status
from shared.rendering.tags import PERIOD_TAG, USER_TAG
from shared.rendering.unsubscribing import user_of
from tests.unit.test_unsubscribe_page import ask

USERS = 3
PAGE = settings_of(STAGE)["unsubscribe"]
Mail = dict[str, Any]


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with passing_stack(tmp_path_factory.mktemp("stack"), lambda _: None) as deployment:
        yield deployment


def a_month(deployment: Deployment, period: str, folder: Path) -> dict[str, Any]:
    """Its report, once everything is delivered."""
    choice = choose("", period, USERS, folder / f"{period}.csv")
    bucket.load(deployment.client("s3"), deployment.outputs()["UsageBucketName"], csv_file.read(choice.path))
    month = Month(deployment, choice.period, lambda _: None)
    report = month.produce()
    assert month.finish() == {Status.DELIVERED: report["produced"]}
    return report


def mails(deployment: Deployment, period: str) -> dict[str, Mail]:
    """By user, each with one."""
    found = [mail for mail in engine_pages.mails(deployment.url) if mail["Tags"][PERIOD_TAG] == period]
    by_user = {from_tag(mail["Tags"][USER_TAG]): mail for mail in found}
    assert len(by_user) == len(found)
    return by_user


def token_of(mail: Mail) -> str:
    """That of its header, which is the same in its text and its HTML."""
    found = re.fullmatch(rf"<({re.escape(PAGE)}\?token=(.+))>", mail["Headers"]["List-Unsubscribe"])
    assert found is not None
    assert found[1] in mail["BodyText"]
    assert f'href="{found[1]}"' in mail["BodyHtml"]
    return found[2]


def keys(deployment: Deployment) -> list[bytes]:
    arn = deployment.outputs()["UnsubscribeSecretArn"]
    return [deployment.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"].encode()]


def onlyonce(deployment: Deployment, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "ops.main", *words, "--stage", STAGE],
        cwd=ROOT, env=isolated(os.environ, deployment.url), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_user_leaves_on_the_page_and_comes_back(
    deployment: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert a_month(deployment, "2026-08", tmp_path)["produced"] == USERS
    august = mails(deployment, "2026-08")
    for user, mail in august.items():
        assert mail["Headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert user_of(token_of(mail), STACK, keys(deployment)) == user

    leaving = sorted(august)[0]
    outputs = deployment.outputs()
    monkeypatch.setenv("STACK", STACK)
    monkeypatch.setenv("UNSUBSCRIBED_TABLE", outputs["UnsubscribedTableName"])
    monkeypatch.setenv("UNSUBSCRIBE_SECRET", outputs["UnsubscribeSecretArn"])
    monkeypatch.setattr(unsubscribe_page, "client", deployment.client)
    status, page = ask("POST", token_of(august[leaving]), body=b"List-Unsubscribe=One-Click")
    assert (status, "You will get no more" in page) == ("200 OK", True)

    report = a_month(deployment, "2026-09", tmp_path)
    assert (report["produced"], report["unsubscribed"], report["rejected"]) == (USERS - 1, 1, 0)
    assert mails(deployment, "2026-09").keys() == august.keys() - {leaving}

    onlyonce(deployment, "resubscribe", leaving, "--reason", "asked by phone")
    assert a_month(deployment, "2026-10", tmp_path)["unsubscribed"] == 0
    assert mails(deployment, "2026-10").keys() == august.keys()


def test_a_user_leaves_by_the_operators_hand(deployment: Deployment, tmp_path: Path) -> None:
    leaving = sorted(mails(deployment, "2026-10"))[1]
    onlyonce(deployment, "unsubscribe", leaving, "--reason", "asked by letter", "--yes")
    report = a_month(deployment, "2026-07", tmp_path)
    assert (report["produced"], report["unsubscribed"]) == (USERS - 1, 1)
    assert leaving not in mails(deployment, "2026-07")
    assert "COMPLETED: 2 messages of 3 rows, 0 rejected, 1 unsubscribed" in onlyonce(deployment, "status", "2026-07")


def test_a_link_of_before_a_rotation_is_still_valid(
    deployment: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_month(deployment, "2026-06", tmp_path)
    outputs = deployment.outputs()
    secret = outputs["UnsubscribeSecretArn"]
    deployment.client("secretsmanager").put_secret_value(SecretId=secret, SecretString="another key")
    monkeypatch.setenv("STACK", STACK)
    monkeypatch.setenv("UNSUBSCRIBED_TABLE", outputs["UnsubscribedTableName"])
    monkeypatch.setenv("UNSUBSCRIBE_SECRET", secret)
    monkeypatch.setattr(unsubscribe_page, "client", deployment.client)
    (token, *_) = map(token_of, mails(deployment, "2026-06").values())
    assert user_of(token, STACK, keys(deployment)) is None
    assert ask("GET", token)[0] == "200 OK"
