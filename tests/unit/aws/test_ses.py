"""One ask of SES: its request, and what each outcome means."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from email import policy
from typing import Any

import pytest
from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    ParamValidationError,
    ProxyConnectionError,
    ReadTimeoutError,
)

from shared.aws.ses import Sender, Ses
from shared.errors import (
    CampaignPausedError,
    DailyQuotaError,
    OnlyonceError,
    SendRejectedError,
    SendThrottledError,
    SendUnavailableError,
    SendUncertainError,
    UnfitProcessError,
)
from shared.keys import Key
from shared.outbox.message import from_item
from shared.outbox.states import Status
from shared.rendering.unsubscribing import Unsubscribing, user_of
from simulation.fakes.ses import FakeSesClient, LostAnswer, refused
from simulation.fakes.wire import Wire
from tests.contract.protocol import item_in

URL = "https://email.test"
NO_LINK = Unsubscribing("none")
MESSAGE = from_item(item_in(Status.CLAIMED, Key("Zoë", "2026-10"), data={"name": "Zoë"}))


def ses(*answers: Exception | None, unsubscribing: Unsubscribing = NO_LINK, **more: Any) -> tuple[Ses, FakeSesClient]:
    fake = FakeSesClient(
        lambda: datetime(2026, 11, 1, tzinfo=UTC), Wire(), {"usage-1": ("", "", "")}, answers=list(answers), **more
    )
    client: Any = fake
    return Ses(client, Sender("usage@example.com", "the-set", "the-stack"), unsubscribing), fake


def test_a_request() -> None:
    account, _ = ses()
    assert account.request(MESSAGE) == {
        "FromEmailAddress": "usage@example.com",
        "Destination": {"ToAddresses": ["a@example.com"]},
        "Content": {
            "Template": {
                "TemplateName": "usage-1",
                "TemplateData": '{"name": "Zoë", "unsubscribe_url": "", "amazonSESUnsubscribeUrl": "", '
                '"html": {"name": "Zoë", "unsubscribe_url": "", "amazonSESUnsubscribeUrl": ""}}',
            }
        },
        "ConfigurationSetName": "the-set",
        "EmailTags": [
            {"Name": "onlyonce-stack", "Value": "the-stack"},
            {"Name": "onlyonce-user", "Value": "Wm_Dqw"},
            {"Name": "onlyonce-period", "Value": "2026-10"},
            {"Name": "onlyonce-fence", "Value": "3"},
        ],
    }


def test_a_mail_has_the_link_of_its_user_in_its_headers_and_its_parts() -> None:
    """source: one-click"""
    account, _ = ses(unsubscribing=Unsubscribing("https://example.com/u", "the-stack", lambda: b"key"))
    template = account.request(MESSAGE)["Content"]["Template"]
    shown = json.loads(template["TemplateData"])["unsubscribe_url"]
    assert template["Headers"] == [
        {"Name": "List-Unsubscribe", "Value": f"<{shown}>"},
        {"Name": "List-Unsubscribe-Post", "Value": "List-Unsubscribe=One-Click"},
    ]
    address, _, token = shown.partition("?token=")
    assert (address, user_of(token, "the-stack", [b"key"])) == ("https://example.com/u", "Zoë")


def test_a_mail_of_ses_own_list_names_list_and_topic_and_no_header() -> None:
    account, _ = ses(unsubscribing=Unsubscribing("ses", contact_list="users", topic="usage"))
    request = account.request(MESSAGE)
    assert request["ListManagementOptions"] == {"ContactListName": "users", "TopicName": "usage"}
    assert "Headers" not in request["Content"]["Template"]
    data = json.loads(request["Content"]["Template"]["TemplateData"])
    assert data["unsubscribe_url"] == data["amazonSESUnsubscribeUrl"] == "{{amazonSESUnsubscribeUrl}}"


def test_a_mail_goes_out_from_the_sender_that_its_message_was_produced_for() -> None:
    """I5: also where another one is deployed since."""
    account, _ = ses()
    assert account.request(replace(MESSAGE, sender="then@example.com"))["FromEmailAddress"] == "then@example.com"


@pytest.mark.parametrize(
    ("sender", "header"),
    [
        ("Usage at Example <usage@example.com>", "Usage at Example <usage@example.com>"),
        ("Usage, Example Inc. <usage@example.com>", '"Usage, Example Inc." <usage@example.com>'),
        ('"Usage, Example Inc." <usage@example.com>', '"Usage, Example Inc." <usage@example.com>'),
        ("Zoës Verbrauch <usage@example.com>", "=?utf-8?q?Zo=C3=ABs_Verbrauch?= <usage@example.com>"),
        ("<usage@example.com>", "usage@example.com"),
    ],
)
def test_a_senders_name_is_written_as_a_header_has_it(sender: str, header: str) -> None:
    account, _ = ses()
    assert account.request(replace(MESSAGE, sender=sender))["FromEmailAddress"] == header
    assert decoded(header) == sender.replace('"', "").removeprefix("<").removesuffix(">" if sender[0] == "<" else "")


def decoded(header: str) -> str:
    """As a mail program shows it."""
    (address,) = policy.default.header_factory("From", header).addresses
    return f"{address.display_name} <{address.addr_spec}>" if address.display_name else address.addr_spec


def test_answers_go_where_the_message_says() -> None:
    account, _ = ses()
    assert account.request(replace(MESSAGE, reply_to="help@example.com"))["ReplyToAddresses"] == ["help@example.com"]


def test_an_accepted_mail() -> None:
    account, fake = ses()
    assert account.send(account.request(MESSAGE)) == "ses-1"
    assert [(mail.recipient, mail.template) for mail in fake.inbox] == [("a@example.com", "usage-1")]


@pytest.mark.parametrize(
    ("outcome", "error"),
    [
        (refused("TooManyRequestsException", "Maximum sending rate exceeded.", 429), SendThrottledError),
        (refused("TooManyRequestsException", "Daily message quota exceeded.", 429), DailyQuotaError),
        (refused("SendingPausedException", "paused"), CampaignPausedError),
        (refused("InvalidSignatureException", "Signature expired", 403), UnfitProcessError),
        (refused("MessageRejected", "a virus"), SendRejectedError),
        (refused("InternalServiceError", "", 500), SendUncertainError),
        (EndpointConnectionError(endpoint_url=URL), SendUnavailableError),
        (ConnectTimeoutError(endpoint_url=URL), SendUnavailableError),
        (ProxyConnectionError(proxy_url=URL), SendUnavailableError),
        (ParamValidationError(report="no"), SendRejectedError),
        (NoCredentialsError(), CampaignPausedError),
        (ReadTimeoutError(endpoint_url=URL), SendUncertainError),
        (ConnectionClosedError(endpoint_url=URL), SendUncertainError),
        (HTTPClientError(error="broken pipe"), SendUncertainError),
        (LostAnswer(accepted=True), SendUncertainError),
        (LostAnswer(accepted=False), SendUncertainError),
        (RuntimeError("a bug of somebody's"), SendUncertainError),
    ],
)
def test_what_an_outcome_means(outcome: Exception, error: type[Exception]) -> None:
    account, fake = ses(outcome)
    with pytest.raises(error) as raised:
        account.send(account.request(MESSAGE))
    assert type(raised.value) is error
    assert raised.value.__cause__ is outcome
    assert fake.asks == 1


@pytest.mark.parametrize(
    "outcome",
    [
        refused("MessageRejected", "Email address is not verified. Failed: A@EXAMPLE.COM and usage@example.com", 400),
        refused("BadRequestException", "Illegal address <a@example.com>", 400),
        refused("InternalFailure", "for a@example.com", 500),
        ParamValidationError(
            report="Invalid length for parameter Destination.ToAddresses[0], value: a@example.com, at"
        ),
        ConnectionClosedError(endpoint_url="https://a@example.com"),
        RuntimeError("of a@example.com"),
    ],
)
def test_no_error_names_the_recipient(outcome: Exception) -> None:
    account, _ = ses(outcome)
    with pytest.raises(OnlyonceError) as raised:
        account.send(account.request(MESSAGE))
    assert "a@example.com" not in str(raised.value).lower()


def test_an_address_that_is_none_is_not_named_either() -> None:
    account, _ = ses(refused("BadRequestException", "Missing final '@domain': Ann Smith", 400))
    with pytest.raises(SendRejectedError) as raised:
        account.send(account.request(replace(MESSAGE, email="ann smith")))
    assert str(raised.value) == "SES said 400 BadRequestException: Missing final '@domain': …@…"


def test_what_a_refusal_means_is_read_before_it_is_redacted() -> None:
    account, _ = ses(refused("TooManyRequestsException", "Daily message quota exceeded.", 429))
    with pytest.raises(DailyQuotaError, match="Daily …@… exceeded"):
        account.send(account.request(replace(MESSAGE, email="message quota")))


def test_the_sender_is_named() -> None:
    account, _ = ses(refused("MessageRejected", "Email address is not verified: usage@example.com", 400))
    with pytest.raises(CampaignPausedError, match=r"not verified: usage@example\.com"):
        account.send(account.request(MESSAGE))


def test_what_the_sdk_refuses_is_named_without_its_value() -> None:
    report = "Invalid type for parameter Content.Template.TemplateData, value: {'name': 'Zoë'}, type: <class 'dict'>"
    account, _ = ses(ParamValidationError(report=report))
    with pytest.raises(SendRejectedError, match=r"refused the request: Invalid type for .*TemplateData$") as raised:
        account.send(account.request(MESSAGE))
    assert "Zoë" not in str(raised.value)


def test_a_value_that_looks_like_the_sdks_words_is_left_out_as_well() -> None:
    account, _ = ses(
        ParamValidationError(report="Invalid type for parameter X, value: a@example.com, value, type: str")
    )
    with pytest.raises(SendRejectedError, match=r"Invalid type for parameter X$"):
        account.send(account.request(MESSAGE))


def test_an_answer_without_a_message_id_is_uncertain() -> None:
    account, fake = ses()
    fake.send_email = lambda **_: {}  # type: ignore[method-assign]
    with pytest.raises(SendUncertainError):
        account.send(account.request(MESSAGE))
