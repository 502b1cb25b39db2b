"""Whether the account is ready: a plain no stops a month, no answer does not."""

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ReadTimeoutError
from botocore.stub import Stubber

from shared.aws.ses_account import Senders
from shared.errors import RenderError, SendUnavailableError

ADDRESS = "usage@example.com"
READY: dict[str, Any] = {"ProductionAccessEnabled": True}
VERIFIED: dict[str, Any] = {"VerifiedForSendingStatus": True}
UNVERIFIED: dict[str, Any] = {"VerifiedForSendingStatus": False}


@pytest.fixture
def client() -> Any:
    return boto3.client("sesv2", region_name="us-east-1", aws_access_key_id="local", aws_secret_access_key="local")


@pytest.fixture
def ses(client: Any) -> Any:
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def senders(client: Any) -> Senders:
    return Senders(client, ADDRESS)


def identity(ses: Any, name: str, answer: dict[str, Any] | None) -> None:
    if answer is None:
        ses.add_client_error("get_email_identity", "NotFoundException", expected_params={"EmailIdentity": name})
    else:
        ses.add_response("get_email_identity", answer, {"EmailIdentity": name})


@pytest.mark.parametrize("account", [READY, {"ProductionAccessEnabled": False}, {}])
def test_an_account_in_the_sandbox(ses: Any, senders: Senders, account: dict[str, Any]) -> None:
    ses.add_response("get_account", account)
    identity(ses, ADDRESS, VERIFIED)
    assert set(senders.findings()) == (set() if account is READY else {"sandbox"})


@pytest.mark.parametrize(
    ("of_address", "of_domain", "found"),
    [
        (UNVERIFIED, VERIFIED, set()),
        (None, VERIFIED, set()),
        (None, None, {"sender"}),
        (UNVERIFIED, UNVERIFIED, {"sender"}),
        (None, {}, {"sender"}),
    ],
)
def test_a_sender_is_verified_by_address_or_by_domain(
    ses: Any, senders: Senders, of_address: dict[str, Any] | None, of_domain: dict[str, Any] | None, found: set[str]
) -> None:
    ses.add_response("get_account", READY)
    identity(ses, ADDRESS, of_address)
    identity(ses, "example.com", of_domain)
    assert set(senders.findings()) == found


@pytest.mark.parametrize(("top", "found"), [(VERIFIED, set()), (UNVERIFIED, {"sender"})])
def test_a_verified_domain_sends_for_all_below_it(client: Any, ses: Any, top: dict[str, Any], found: set[str]) -> None:
    ses.add_response("get_account", READY)
    for name in ("usage@eu.mail.example.com", "eu.mail.example.com", "mail.example.com"):
        identity(ses, name, None)
    identity(ses, "example.com", top)
    assert set(Senders(client, "usage@eu.mail.example.com").findings()) == found


def test_a_mail_is_rendered_with_what_it_would_be_sent_with(ses: Any, senders: Senders) -> None:
    data = json.dumps({"name": "Zoë <b>", "html": {"name": "Zoë &lt;b&gt;"}}, ensure_ascii=False)
    ses.add_response(
        "test_render_email_template", {"RenderedTemplate": "…"}, {"TemplateName": "usage-1", "TemplateData": data}
    )
    senders.render("usage-1", {"name": "Zoë <b>"})


@pytest.mark.parametrize("code", ["BadRequestException", "NotFoundException"])
def test_a_mail_that_ses_cannot_render(ses: Any, senders: Senders, code: str) -> None:
    ses.add_client_error("test_render_email_template", code, "Attribute 'name' is not present")
    with pytest.raises(RenderError, match=r"SES can't render usage-1: .*'name' is not present"):
        senders.render("usage-1", {})


@pytest.mark.parametrize("code", ["TooManyRequestsException", "InternalServiceErrorException", "AccessDeniedException"])
def test_no_answer_says_nothing_against_the_template(ses: Any, senders: Senders, code: str) -> None:
    ses.add_client_error("test_render_email_template", code)
    with pytest.raises(SendUnavailableError, match=f"TestRenderEmailTemplate: .*{code}"):
        senders.render("usage-1", {})


def test_no_answer_says_nothing_against_the_account(ses: Any, senders: Senders) -> None:
    ses.add_client_error("get_account", "TooManyRequestsException")
    with pytest.raises(SendUnavailableError, match="GetAccount"):
        senders.findings()
    ses.add_response("get_account", READY)
    ses.add_client_error("get_email_identity", "TooManyRequestsException")
    with pytest.raises(SendUnavailableError, match="GetEmailIdentity"):
        senders.findings()


def test_a_connection_that_breaks_is_no_answer(senders: Senders, client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**_: Any) -> Any:
        raise ReadTimeoutError(endpoint_url="https://email.test")

    for operation in ("get_account", "test_render_email_template"):
        monkeypatch.setattr(client, operation, broken)
    with pytest.raises(SendUnavailableError):
        senders.findings()
    with pytest.raises(SendUnavailableError):
        senders.render("usage-1", {})
