"""The engine's inbox: every mail that SES accepted and rendered, for tests and for people."""

import json
import re
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.account import Account, eventually
from tests.conformance.ses_account import SENDER, EventLog, SesAccount

SIMULATOR_DOMAIN = "simulator.amazonses.com"
LABELS = ("delivered", "complained", "bounced", "suppressed", "rejected")


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
    """The page lists the newest mails as links, filters by recipient or tag, and escapes what came with a mail."""
    to, tags = f"reader-{ses.id}@example.com", [{"Name": "reader", "Value": f"tag-{ses.id}"}]
    message_id = ses.send(to, Content=simple("<script>1</script>", Html="<h1>Hi</h1>"), EmailTags=tags)
    ses.send(f"another-{ses.id}@example.com", Content=simple("Other"))
    assert ses.own_url("GET", f"mail?q=tag-{ses.id}")[1].count("<tr><td") == 1
    status, page = ses.own_url("GET", f"mail?q={to}")
    assert status == 200
    assert page.count("<tr><td") == 1
    assert f'<a href="/_onlyonce/mail/{message_id}">&lt;script&gt;1&lt;/script&gt;</a>' in page


def test_a_mails_page_has_headers_tags_text_and_html(ses: SesAccount) -> None:
    """The text part is escaped on the page; the HTML part stands in a frame, and both the frame and the part forbid scripts."""
    log = EventLog(ses, "SEND")
    message_id = ses.send(
        f"to-{ses.id}@example.com",
        Content=simple("Usage", Html="<script>alert(1)</script>", Text="5 < 6"),
        ConfigurationSetName=log.configuration_set,
        EmailTags=[{"Name": "period", "Value": "2026-10"}],
    )
    status, page = ses.own_url("GET", f"mail/{message_id}")
    assert status == 200
    assert f'<iframe sandbox src="/_onlyonce/mail/{message_id}/html"' in page
    assert "<pre>5 &lt; 6</pre>" in page
    assert "<script" not in page
    facts = {"From": SENDER, "To": f"to-{ses.id}@example.com", "Subject": "Usage", "Message id": message_id}
    for name, value in {**facts, "Configuration set": log.configuration_set, "period": "2026-10"}.items():
        assert f"<dt>{name}</dt><dd>{value}</dd>" in page
    with urllib.request.urlopen(f"{ses.url}/_onlyonce/mail/{message_id}/html") as part:
        assert part.read() == b"<script>alert(1)</script>"
        assert part.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")


FATES = {
    f"bounce@{SIMULATOR_DOMAIN}": ["bounced"],
    f"complaint@{SIMULATOR_DOMAIN}": ["delivered", "complained"],
    f"suppressionlist@{SIMULATOR_DOMAIN}": ["suppressed"],
    "somebody@example.com": ["delivered"],
}


@pytest.mark.parametrize("to", FATES)
def test_the_list_shows_what_became_of_a_mail(ses: SesAccount, to: str) -> None:
    """Each state is to be seen in both lists, and can be filtered by; the mail's page has the events that say it."""
    name, _, domain = to.partition("@")
    to = f"{name}+{ses.id}@{domain}"
    message_id = ses.send(to)
    eventually(lambda: noted(ses, to) == FATES[f"{name}@{domain}"], within_s=3)
    assert ses.mail(message_id)["Became"] == FATES[f"{name}@{domain}"]
    for label in LABELS:
        _, page = ses.own_url("GET", f"mail?q={to.replace('+', '%2B')}&became={label}")
        assert (message_id in page) == (label in FATES[f"{name}@{domain}"])
    _, page = ses.own_url("GET", f"mail/{message_id}")
    for event in {"bounced": ["Send", "Bounce"], "complained": ["Delivery", "Complaint"]}.get(
        noted(ses, to)[-1], ["Send"]
    ):
        assert f"<b>{event}</b>" in page


def test_a_recipient_each(ses: SesAccount) -> None:
    """Where one mail's recipients differ, it shows both states."""
    to = [f"both-{ses.id}@example.com", f"bounce+{ses.id}@{SIMULATOR_DOMAIN}"]
    ses.send(Destination={"ToAddresses": to})
    eventually(lambda: sorted(noted(ses, to[0])) == ["bounced", "delivered"], within_s=3)


def test_a_dropped_event_shows(ses: SesAccount) -> None:
    """The mail arrived all the same, and its sender does not know."""
    to = f"dropped-{ses.id}@example.com"
    ses.admin("PUT", {"events": False})
    ses.send(to)
    eventually(lambda: noted(ses, to) == ["delivered", "event dropped"], within_s=3)


def noted(ses: SesAccount, to: str) -> list[str]:
    """What the list says became of the one mail to that address."""
    _, page = ses.own_url("GET", f"mail?q={to.replace('+', '%2B')}")
    return re.findall(r'<span class="note [a-z]+">([^<]+)</span>', page)


def simple(subject: str, **parts: str) -> dict[str, Any]:
    """The content of a mail; `parts` are Text and Html."""
    return {"Simple": {"Subject": {"Data": subject}, "Body": {name: {"Data": data} for name, data in parts.items()}}}


def test_a_killed_engine_forgets_no_mail(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    """What SES accepted stays accepted, once: the inbox is on disk before SendEmail answers. So is what became of it."""
    to = f"bounce@{SIMULATOR_DOMAIN}"
    settings: dict[str, Any] = {
        "data_dir": tmp_path / "data",
        "stock": pytestconfig.getoption("--engine", default="mended") == "stock",
    }
    first = Account(tmp_path, **settings)
    try:
        before = SesAccount(first)
        message_id = before.send(to)
        eventually(lambda: noted(before, to) == ["bounced"], within_s=3)
    finally:
        first.kill()
    second = Account(tmp_path, **settings)
    try:
        after = SesAccount(second, before.id)
        assert [mail["MessageId"] for mail in after.inbox()] == [message_id]
        assert noted(after, to) == ["bounced"]
    finally:
        second.stop()


def test_an_unknown_mail_is_not_found(ses: SesAccount) -> None:
    """A URL without its mail says where the mails are."""
    status, text = ses.own_url("GET", "mail/nothing")
    assert status == 404
    assert "/_onlyonce/mail" in text
