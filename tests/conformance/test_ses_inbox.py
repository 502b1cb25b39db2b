"""The engine's inbox: every mail that SES accepted and rendered, for tests and for people."""

import json
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.account import Account
from tests.conformance.ses_account import SesAccount


@pytest.fixture
def ses(aws: Account) -> SesAccount:
    """An account of its own."""
    return SesAccount(aws)


def test_a_mail_has_its_parts_tags_and_id(ses: SesAccount) -> None:
    """The listing shows what was sent, to whom, and with which tags."""
    template = ses.template("Usage of {{n}}", Text="{{n}}", Html="<p>{{n}}</p>")
    message_id = ses.send_template(template, {"n": "you"}, EmailTags=[{"Name": "period", "Value": "2026-10"}])
    mail = ses.mail(message_id)
    assert (mail["Subject"], mail["BodyText"], mail["BodyHtml"]) == ("Usage of you", "you", "<p>you</p>")
    assert (mail.get("Tags"), mail.get("Template")) == ({"period": "2026-10"}, template)


def test_the_listing_has_pages(ses: SesAccount) -> None:
    """`limit` and `offset` page through it, `to` filters by recipient, `total` counts what matches."""
    for number in range(5):
        ses.send(f"user{number}@example.com")
    assert [mail["To"] for mail in ses.inbox(limit="2", offset="3")] == [
        ["user3@example.com"],
        ["user4@example.com"],
    ]
    assert len(ses.inbox(to="USER2@")) == 1
    with urllib.request.urlopen(f"{ses.url}/_ministack/ses/messages?account={ses.id}&limit=1") as answer:
        assert json.load(answer).get("total") == 5


def test_a_person_can_look_at_the_inbox(ses: SesAccount) -> None:
    """The page lists the newest mails as links, filters by recipient, and escapes what came with a mail."""
    to = f"reader-{ses.id}@example.com"
    content = {"Simple": {"Subject": {"Data": "<script>1</script>"}, "Body": {"Html": {"Data": "<h1>Hi</h1>"}}}}
    message_id = ses.send(to, Content=content)
    status, page = ses.own_url("GET", f"mail?q={to}")
    assert status == 200
    assert page.count("<tr><td>") == 1
    assert f'<a href="/_onlyonce/mail/{message_id}">&lt;script&gt;1&lt;/script&gt;</a>' in page
    assert ses.own_url("GET", f"mail/{message_id}") == (200, "<h1>Hi</h1>")


def test_a_killed_engine_forgets_no_mail(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    """What SES accepted stays accepted, once: the inbox is on disk before SendEmail answers."""
    settings: dict[str, Any] = {
        "data_dir": tmp_path / "data",
        "stock": pytestconfig.getoption("--engine", default="mended") == "stock",
    }
    first = Account(tmp_path, **settings)
    try:
        before = SesAccount(first)
        message_id = before.send()
    finally:
        first.kill()
    second = Account(tmp_path, **settings)
    try:
        after = SesAccount(second, before.id)
        assert [mail["MessageId"] for mail in after.inbox()] == [message_id]
    finally:
        second.stop()


def test_an_unknown_mail_is_not_found(ses: SesAccount) -> None:
    """A URL without its mail says where the mails are."""
    status, text = ses.own_url("GET", "mail/nothing")
    assert status == 404
    assert "/_onlyonce/mail" in text
