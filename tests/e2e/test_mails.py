"""An operator looks at mails of a month that is over, and sends themselves one, on the deployed stack."""

import csv
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from local.month.month import Month
from local.stack import engine_pages
from local.stack.deployment import Deployment
from local.stack.parameters import FASTER
from local.stack.stack import passing_stack
from local.usage import bucket, csv_file
from local.usage.choice import choose
from local.usage.csv_file import COLUMNS
from ops.mail.page import SHUT
from ops.mail.rendering import NO_TOKEN
from shared.keys import from_tag
from shared.rendering.tags import USER_TAG
from tests.e2e import traces
from tests.e2e.test_restored import done, onlyonce

PERIOD, USERS, REJECTED, ME = "2026-10", 6, "x-rejected", "me@example.com"
OF_ONE = "user-002"


@pytest.fixture(scope="module")
def over(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A month whose mails are delivered, so that no message has its data any more."""
    folder = tmp_path_factory.mktemp("mails")
    with passing_stack(folder, lambda _: None, FASTER) as deployment:
        choice = choose(str(_usage(folder)), PERIOD, 1, folder / "usage.csv")
        bucket.load(deployment.client("s3"), deployment.outputs()["UsageBucketName"], csv_file.read(choice.path))
        month = Month(deployment, choice.period, lambda _: None)
        month.produce()
        month.finish()
        assert {item["status"]["S"] for item in traces.outbox(deployment)} == {"DELIVERED"}
        assert not any("data" in item for item in traces.outbox(deployment))
        yield deployment


@pytest.fixture(autouse=True)
def pages(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where the commands write them."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))


def _usage(folder: Path) -> Path:
    path = folder / "my.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        for user in (*(f"user-{number:03}" for number in range(USERS)), REJECTED):
            email = "no at" if user == REJECTED else f"{user}@example.com"
            rows.writerow([user, email, "phone & <pad>", "2026-10-30T12:00:00Z", "12.5"])
    return path


def page_of(printed: str) -> str:
    (path,) = re.findall(r"^(/\S+/mails\.html)$", printed, re.MULTILINE)
    return Path(path).read_text()


def frames(page: str) -> list[str]:
    """The mails' HTML parts, without what keeps them from loading anything."""
    return [unescape(html).replace(SHUT, "") for html in re.findall(r'<iframe sandbox srcdoc="([^"]*)"', page)]


def mails(deployment: Deployment) -> list[dict[str, Any]]:
    return list(engine_pages.mails(deployment.url))


def mail_to(deployment: Deployment, user: str) -> dict[str, Any]:
    (mail,) = [one for one in mails(deployment) if one["Tags"] and from_tag(one["Tags"][USER_TAG]) == user]
    return mail


def without_token(part: str) -> str:
    return re.sub(r"token=[\w.-]+", NO_TOKEN, part)


def test_a_mail_that_is_over_is_shown_as_it_went_out(over: Deployment) -> None:
    printed = done(over, "preview", OF_ONE, PERIOD)
    assert "what was sent, made again from its row" in printed
    mail = mail_to(over, OF_ONE)
    assert mail["BodyHtml"] != without_token(mail["BodyHtml"]), "the recipient's own link has a token that works"
    assert frames(page_of(printed)) == [without_token(mail["BodyHtml"])] * 2
    assert mail["Subject"] in printed
    (text,) = re.findall(r"<pre>(.*?)</pre>", page_of(printed), re.DOTALL)
    assert unescape(text).split() == without_token(mail["BodyText"]).split()


def test_who_has_none_and_why(over: Deployment) -> None:
    status, printed = onlyonce(over, "preview", REJECTED, PERIOD)
    assert status == 1
    assert "no message: their row is rejected, because email" in printed
    assert "12.5" in page_of(printed)
    status, printed = onlyonce(over, "preview", "nobody", PERIOD)
    assert (status, "has no row of the user" in printed) == (1, True)


def test_the_first_of_the_latest_month(over: Deployment) -> None:
    printed = done(over, "preview")
    assert [line.partition(":")[0] for line in printed.splitlines()[:3]] == ["user-000", "user-001", "user-002"]
    assert len(frames(page_of(printed))) == 6


def test_a_test_arrives_and_nothing_of_the_stage_counts_it(over: Deployment) -> None:
    before = list(traces.outbox(over)), len(mails(over))
    printed = done(over, "test-send", "--to", ME, "--user", OF_ONE, "--yes")
    assert "SES took it, as " in printed
    (mail,) = [one for one in mails(over) if one["To"] == [ME]]
    assert mail["Subject"] == f"[TEST] {mail_to(over, OF_ONE)['Subject']}"
    assert "This is a test" in mail["BodyText"]
    assert "This is a test" in mail["BodyHtml"]
    assert (mail["Tags"], mail.get("ConfigurationSetName") or "") == ({}, "")
    assert (list(traces.outbox(over)), len(mails(over))) == (before[0], before[1] + 1)
    assert list(traces.dead_letters(over)) == []
    assert not any("feedback_refused" in line for line in traces.logs(over))
    templates = over.client("sesv2").list_email_templates()["TemplatesMetadata"]
    assert len(templates) == 1, "none is made for it"


def test_what_ses_says_against_it(over: Deployment) -> None:
    engine_pages.begin_storm(over.url, reject_ses=1.0, at_most={"rejected": 1})
    status, printed = onlyonce(over, "test-send", "--to", ME, "--yes")
    engine_pages.end_storm(over.url)
    assert status == 1
    assert "nothing was sent" in printed
    assert "The message was rejected, by order." in printed


def test_a_lost_answer_is_one_mail(over: Deployment) -> None:
    before = len(mails(over))
    engine_pages.begin_storm(over.url, drop_ses_answers=1.0, at_most={"dropped_answers": 1})
    status, printed = onlyonce(over, "test-send", "--to", ME, "--yes")
    engine_pages.end_storm(over.url)
    assert (status, "nobody knows whether it went out" in printed) == (1, True)
    assert len(mails(over)) == before + 1


def test_without_yes_it_asks(over: Deployment) -> None:
    """Nobody is there to answer."""
    before = len(mails(over))
    status, printed = onlyonce(over, "test-send", "--to", ME)
    assert (status, "--yes goes on without the question" in printed) == (1, True)
    assert len(mails(over)) == before


def test_zz_a_forgotten_user_is_not_shown_and_then_nobody_is(over: Deployment) -> None:
    """The last test: with the user the result goes, as a whole, and with it the mails of all others."""
    done(over, "forget", OF_ONE, "--reason", "asked us to", "--yes")
    status, printed = onlyonce(over, "preview", OF_ONE, PERIOD)
    assert (status, "the user was forgotten" in printed) == (1, True)
    status, printed = onlyonce(over, "preview", "user-001", PERIOD)
    assert (status, "S3 keeps it for 14 days, and `onlyonce forget` deletes" in printed) == (1, True)
    status, printed = onlyonce(over, "preview", PERIOD)
    assert (status, "S3 keeps it for 14 days" in printed) == (1, True)
    assert "nobody: a mail with a dash" in done(over, "test-send", "--to", ME, "--yes")
