"""What SES refuses of one message, whatever the state of the account."""

from typing import Any

import pytest

from tests.conformance.account import Account, fresh
from tests.conformance.ses_account import RECIPIENT, SENDER, SesAccount, refusal


@pytest.fixture
def ses(aws: Account) -> SesAccount:
    """An account of its own."""
    return SesAccount(aws)


def refused_code(ses: SesAccount, **request: Any) -> str:
    """The error code of a SendEmail that must be refused; nothing of it may reach the inbox."""
    code = refusal(ses.send, **request).code
    assert ses.inbox() == []
    return code


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nobody",
        "nobody@",
        "@example.com",
        "no body@example.com",
        "nobody@exa mple.com",
        "nobody@example",
        "nobody@example..com",
        "no..body@example.com",
        "nobody@example.com\r\nBcc: everybody@example.com",
        "nobody@example.com\n",
        "Nobody\n <nobody@example.com>",
        "a@example.com, b@example.com",
        "jürgen@example.com",
        "nobody@" + "x" * 64 + ".com",
    ],
)
def test_a_malformed_recipient_is_refused(ses: SesAccount, address: str) -> None:
    """Only UserName@[SubDomain.]Domain.TopLevelDomain in ASCII passes; no address adds a header."""
    assert refused_code(ses, to=address) == "BadRequestException"


def test_a_sender_cannot_add_a_header(ses: SesAccount) -> None:
    """The sender's address is held to the same form."""
    forged = "Usage\r\nBcc: everybody@example.com <sender@example.com>"
    assert refused_code(ses, FromEmailAddress=forged) == "BadRequestException"


@pytest.mark.parametrize(
    "tag", [("naïve", "x"), ("period", "2026 10"), ("user", ""), ("user", "x" * 257), ("a:b", "x")]
)
def test_a_tag_has_only_letters_digits_underscores_and_dashes(ses: SesAccount, tag: tuple[str, str]) -> None:
    """Name and value match [A-Za-z0-9_-] and have at most 256 characters (botocore model, MessageTag)."""
    name, value = tag
    assert refused_code(ses, EmailTags=[{"Name": name, "Value": value}]) == "BadRequestException"


def test_a_message_has_at_most_50_recipients(ses: SesAccount) -> None:
    """To, Cc and Bcc together."""
    many = [f"user{number}@example.com" for number in range(51)]
    assert refused_code(ses, Destination={"ToAddresses": many[:30], "CcAddresses": many[30:]}) == "BadRequestException"


def test_a_message_has_at_least_one_recipient(ses: SesAccount) -> None:
    """A destination without addresses is none."""
    assert refused_code(ses, Destination={"ToAddresses": []}) == "BadRequestException"


def test_an_unknown_configuration_set_is_refused(ses: SesAccount) -> None:
    """NotFoundException: without its configuration set a message would leave no events."""
    assert refused_code(ses, ConfigurationSetName=fresh("set")) == "NotFoundException"


def test_a_paused_configuration_set_is_refused(ses: SesAccount) -> None:
    """PutConfigurationSetSendingOptions(false) makes sends with that set fail with SendingPausedException."""
    name = fresh("set")
    ses.v2.create_configuration_set(ConfigurationSetName=name, SendingOptions={"SendingEnabled": False})
    assert refused_code(ses, ConfigurationSetName=name) == "SendingPausedException"


def test_a_header_has_only_printable_ascii(ses: SesAccount) -> None:
    """A header of the message's own cannot smuggle in another (botocore model, MessageHeaderValue)."""
    content = {
        "Simple": {
            "Subject": {"Data": "Usage"},
            "Body": {"Text": {"Data": "Hello"}},
            "Headers": [{"Name": "List-Unsubscribe", "Value": "<https://example.com>\r\nBcc: everybody@example.com"}],
        }
    }
    assert refused_code(ses, Content=content) == "BadRequestException"


def test_content_is_one_of_three(ses: SesAccount) -> None:
    """Content without Simple, Raw or Template is no message."""
    assert refused_code(ses, Content={}) == "BadRequestException"


def test_v1_takes_at_most_10_mb(ses: SesAccount) -> None:
    """10 MB after base64 encoding in the v1 API (Service quotas)."""
    message = {"Subject": {"Data": "Usage"}, "Body": {"Text": {"Data": "x" * (8 * 1024 * 1024)}}}
    request = {"Source": SENDER, "Destination": {"ToAddresses": [RECIPIENT]}, "Message": message}
    assert refusal(ses.v1.send_email, **request).code == "InvalidParameterValue"
