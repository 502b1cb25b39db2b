"""Whether the account is ready: a plain no stops a month, no answer does not."""

import json
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ReadTimeoutError
from botocore.stub import Stubber

from shared.aws.ses_account import SesAccount
from shared.errors import NoTemplateError, RenderError, SendUnavailableError
from shared.pacing.pace import Quota
from shared.rendering.mail_kind import MailTemplate
from simulation.fakes.ses import FakeSesClient, refused
from simulation.fakes.wire import Wire

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
def account(client: Any) -> SesAccount:
    return SesAccount(client)


def identity(ses: Any, name: str, answer: dict[str, Any] | None) -> None:
    if answer is None:
        ses.add_client_error("get_email_identity", "NotFoundException", expected_params={"EmailIdentity": name})
    else:
        ses.add_response("get_email_identity", answer, {"EmailIdentity": name})


@pytest.mark.parametrize("told", [READY, {"ProductionAccessEnabled": False}, {}])
def test_an_account_in_the_sandbox(ses: Any, account: SesAccount, told: dict[str, Any]) -> None:
    ses.add_response("get_account", told)
    identity(ses, ADDRESS, VERIFIED)
    assert set(account.findings(ADDRESS)) == (set() if told is READY else {"sandbox"})


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
    ses: Any, account: SesAccount, of_address: dict[str, Any] | None, of_domain: dict[str, Any] | None, found: set[str]
) -> None:
    ses.add_response("get_account", READY)
    identity(ses, ADDRESS, of_address)
    identity(ses, "example.com", of_domain)
    assert set(account.findings(ADDRESS)) == found


def test_a_sender_with_a_name_is_verified_by_its_address(ses: Any, account: SesAccount) -> None:
    ses.add_response("get_account", READY)
    identity(ses, ADDRESS, VERIFIED)
    assert account.findings(f"Usage, Example Inc. <{ADDRESS}>") == {}


@pytest.mark.parametrize(("top", "found"), [(VERIFIED, set()), (UNVERIFIED, {"sender"})])
def test_a_verified_domain_sends_for_all_below_it(client: Any, ses: Any, top: dict[str, Any], found: set[str]) -> None:
    ses.add_response("get_account", READY)
    for name in ("usage@eu.mail.example.com", "eu.mail.example.com", "mail.example.com"):
        identity(ses, name, None)
    identity(ses, "example.com", top)
    assert set(SesAccount(client).findings("usage@eu.mail.example.com")) == found


def test_a_mail_is_rendered_with_what_it_would_be_sent_with(ses: Any, account: SesAccount) -> None:
    data = json.dumps({"name": "Zoë <b>", "html": {"name": "Zoë &lt;b&gt;"}}, ensure_ascii=False)
    ses.add_response(
        "test_render_email_template", {"RenderedTemplate": "…"}, {"TemplateName": "usage-1", "TemplateData": data}
    )
    account.render("usage-1", {"name": "Zoë <b>"})


def test_a_mail_that_ses_cannot_render(ses: Any, account: SesAccount) -> None:
    ses.add_client_error("test_render_email_template", "BadRequestException", "Attribute 'name' is not present")
    with pytest.raises(RenderError, match=r"SES can't render usage-1: .*'name' is not present"):
        account.render("usage-1", {})


@pytest.mark.parametrize(
    "code", ["TooManyRequestsException", "InternalServiceErrorException", "AccessDeniedException", "NotFoundException"]
)
def test_no_answer_says_nothing_against_the_template(ses: Any, account: SesAccount, code: str) -> None:
    ses.add_client_error("test_render_email_template", code)
    with pytest.raises(SendUnavailableError, match=f"TestRenderEmailTemplate: .*{code}"):
        account.render("usage-1", {})


def test_no_answer_says_nothing_against_the_account(ses: Any, account: SesAccount) -> None:
    ses.add_client_error("get_account", "TooManyRequestsException")
    with pytest.raises(SendUnavailableError, match="GetAccount"):
        account.findings(ADDRESS)
    ses.add_response("get_account", READY)
    ses.add_client_error("get_email_identity", "TooManyRequestsException")
    with pytest.raises(SendUnavailableError, match="GetEmailIdentity"):
        account.findings(ADDRESS)


def test_a_connection_that_breaks_is_no_answer(
    account: SesAccount, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**_: Any) -> Any:
        raise ReadTimeoutError(endpoint_url="https://email.test")

    for operation in ("get_account", "test_render_email_template"):
        monkeypatch.setattr(client, operation, broken)
    with pytest.raises(SendUnavailableError):
        account.findings(ADDRESS)
    with pytest.raises(SendUnavailableError):
        account.render("usage-1", {})


TEMPLATE = MailTemplate("usage-1", "{{month}}", "text", "<p>")
MADE = {"TemplateName": "usage-1", "TemplateContent": {"Subject": "{{month}}", "Text": "text", "Html": "<p>"}}


def test_a_template_is_made(ses: Any, account: SesAccount) -> None:
    ses.add_response("create_email_template", {}, MADE)
    account.make(TEMPLATE)
    ses.assert_no_pending_responses()


def test_a_template_that_is_there_is_made_already(ses: Any, account: SesAccount) -> None:
    ses.add_client_error("create_email_template", "AlreadyExistsException")
    account.make(TEMPLATE)


@pytest.mark.parametrize("code", ["BadRequestException", "LimitExceededException"])
def test_a_template_that_ses_refuses(ses: Any, account: SesAccount, code: str) -> None:
    ses.add_client_error("create_email_template", code, "why")
    with pytest.raises(NoTemplateError, match=r"SES refuses the template: .*why"):
        account.make(TEMPLATE)


@pytest.mark.parametrize("code", ["TooManyRequestsException", "AccessDeniedException"])
def test_a_template_that_cannot_be_made_for_now(ses: Any, account: SesAccount, code: str) -> None:
    ses.add_client_error("create_email_template", code)
    with pytest.raises(SendUnavailableError, match="CreateEmailTemplate"):
        account.make(TEMPLATE)


def on_a_fake(**more: Any) -> tuple[SesAccount, FakeSesClient]:
    fake = FakeSesClient(lambda: datetime(2026, 11, 1, tzinfo=UTC), Wire(), **more)
    client: Any = fake
    return SesAccount(client), fake


@pytest.mark.parametrize("daily", [-1.0, 50_000.0])
def test_the_quota(daily: float) -> None:
    assert on_a_fake(rate=14.0, daily=daily)[0].quota() == Quota(14.0, daily)


def test_the_parts_of_a_template() -> None:
    account, _ = on_a_fake(templates={"usage-1": ("subject", "text", "html")})
    assert account.template_parts("usage-1") == ("subject", "text", "html")


def test_a_part_that_a_template_lacks_is_empty() -> None:
    account, fake = on_a_fake()
    fake.get_email_template = lambda **_: {"TemplateContent": {}}  # type: ignore[method-assign]
    assert account.template_parts("usage-1") == ("", "", "")


def test_a_template_that_ses_does_not_have() -> None:
    with pytest.raises(RenderError, match="SES has no template usage-1 of this stack: only a run"):
        on_a_fake()[0].template_parts("usage-1")


def test_a_template_of_another_stack_is_no_reason_to_wait() -> None:
    """The role will not allow it the next time either: else one item that was put in by hand would be tried for ever."""
    account, fake = on_a_fake()

    def deny(TemplateName: str) -> dict[str, Any]:  # noqa: ARG001
        raise refused("AccessDeniedException", "not authorized", 403)

    fake.get_email_template = deny  # type: ignore[method-assign]
    with pytest.raises(RenderError, match="no template onlyonce-other-usage-1 of this stack"):
        account.template_parts("onlyonce-other-usage-1")


@pytest.mark.parametrize(
    "error",
    [refused("TooManyRequestsException", "slow down", 429), ReadTimeoutError(endpoint_url="https://email.test")],
)
def test_a_template_that_cannot_be_read_for_now(error: Exception) -> None:
    account, fake = on_a_fake()

    def fail(TemplateName: str) -> dict[str, Any]:  # noqa: ARG001
        raise error

    fake.get_email_template = fail  # type: ignore[method-assign]
    with pytest.raises(SendUnavailableError, match="usage-1 can't be read"):
        account.template_parts("usage-1")
