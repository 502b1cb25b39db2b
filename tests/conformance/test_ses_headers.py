"""The headers that a sender adds to a mail (source: ses-headers): they reach it, unless SES sets them itself."""

from typing import Any

import pytest

from tests.conformance.account import Account
from tests.conformance.ses_account import EventLog, SesAccount, refusal

LINK = ("List-Unsubscribe", "<https://example.com/unsubscribe?t=1>")
ONE_CLICK = ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")


@pytest.fixture
def ses(aws: Account) -> SesAccount:
    """An account of its own."""
    return SesAccount(aws)


def content(ses: SesAccount, kind: str, *headers: tuple[str, str]) -> dict[str, Any]:
    """The content of a mail with these headers, as a message or as a stored template."""
    listed = [{"Name": name, "Value": value} for name, value in headers]
    if kind == "Template":
        return {kind: {"TemplateName": ses.template(), "TemplateData": "{}", "Headers": listed}}
    body = {"Text": {"Data": "Hello"}}
    return {kind: {"Subject": {"Data": "Usage"}, "Body": body, "Headers": listed}}


@pytest.mark.parametrize("kind", ["Simple", "Template"])
def test_they_reach_the_mail_its_page_and_its_events(ses: SesAccount, kind: str) -> None:
    log = EventLog(ses, "SEND")
    message_id = ses.send(
        Content=content(ses, kind, LINK, ONE_CLICK),
        ConfigurationSetName=log.configuration_set,
        ReplyToAddresses=["Support <support@example.com>"],
    )
    assert ses.mail(message_id).get("Headers") == {
        "Reply-To": "Support <support@example.com>", **dict([LINK, ONE_CLICK])
    }  # fmt: skip
    _, page = ses.own_url("GET", f"mail/{message_id}")
    assert "<dt>List-Unsubscribe</dt><dd>&lt;https://example.com/unsubscribe?t=1&gt;</dd>" in page
    (event,) = log.first(1)
    told = {header["name"]: header["value"] for header in event["detail"]["mail"]["headers"]}
    assert dict([LINK, ONE_CLICK]).items() <= told.items()


def test_those_of_a_raw_message_reach_it_too(ses: SesAccount) -> None:
    text = f"From: sender@example.com\r\nTo: user@example.com\r\nSubject: Usage\r\n{LINK[0]}: {LINK[1]}\r\n\r\nHello"
    message_id = ses.send(Content={"Raw": {"Data": text.encode()}})
    assert ses.mail(message_id).get("Headers") == dict([LINK])
    v1 = ses.v1.send_raw_email(RawMessage={"Data": text.encode()})["MessageId"]
    assert ses.mail(v1).get("Headers") == dict([LINK])


@pytest.mark.parametrize("kind", ["Simple", "Template"])
@pytest.mark.parametrize(
    "headers",
    [
        [("Subject", "Another")],
        [("reply-to", "a@example.com")],
        [("Message-ID", "<1@example.com>")],
        [LINK, LINK],
        [("list-unsubscribe", "<https://example.com>"), LINK],
        [("X-Name", "1" * 991)],
        [("X-Name", "two\nlines")],
        [("X Name", "1")],
        [(f"X-{number}", "1") for number in range(16)],
    ],
    ids=["subject", "reply-to", "message-id", "twice", "letter case", "too long", "lines", "name", "sixteen"],
)
def test_some_are_refused(ses: SesAccount, kind: str, headers: list[tuple[str, str]]) -> None:
    """What SES sets itself, what can't come twice, what is malformed, too long or too many; nothing is sent."""
    assert refusal(ses.send, Content=content(ses, kind, *headers)).code == "BadRequestException"
    assert ses.inbox() == []


def test_a_bulk_entry_overrides_the_templates(ses: SesAccount) -> None:
    entry = {
        "Destination": {"ToAddresses": ["user@example.com"]},
        "ReplacementHeaders": [{"Name": "X-One", "Value": "b"}],
    }
    headers = [{"Name": "x-one", "Value": "a"}, {"Name": "X-Two", "Value": "c"}]
    template = {"TemplateName": ses.template(), "TemplateData": "{}", "Headers": headers}
    ses.v2.send_bulk_email(
        FromEmailAddress="sender@example.com", DefaultContent={"Template": template}, BulkEmailEntries=[entry]
    )
    assert [mail.get("Headers") for mail in ses.inbox()] == [{"X-Two": "c", "X-One": "b"}]
