"""The SES account, beside sending: its limits, its templates, whether it is ready to send."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from shared.errors import NoTemplateError, RenderError, SendUnavailableError
from shared.pacing.pace import Quota
from shared.redaction import redacted
from shared.rendering.addresses import bare_address
from shared.rendering.handlebars import rendering_data
from shared.rendering.mail_kind import MailTemplate

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sesv2.type_defs import EmailTemplateContentTypeDef


class SesAccount:
    """The SES account. Each call may be made once a second and is safe to repeat (source: ses-one-a-second).

    Raises SendUnavailableError when the answer is unavailable for now.
    """

    def __init__(self, client: "SESV2Client") -> None:
        self._client = client

    def quota(self) -> Quota:
        """The account's limits: mails a second, and in any 24 hours."""
        with _asking("GetAccount"):
            quota = self._client.get_account()["SendQuota"]
        return Quota(max_send_rate=quota["MaxSendRate"], max_24_hour_send=quota["Max24HourSend"])

    def template_parts(self, name: str) -> tuple[str, ...]:
        """Subject, text and HTML of a stored template. Raises RenderError if this stack has no such template: a role may
        read its own stack's alone (ADR 26).
        """
        try:
            content = self._client.get_email_template(TemplateName=name)["TemplateContent"]
        except ClientError as error:
            if _code(error) in ("NotFoundException", "AccessDeniedException"):
                raise RenderError(
                    f"SES has no template {name} of this stack: only a run of that very mail makes it"
                ) from error
            raise SendUnavailableError(f"the template {name} can't be read: {error}") from error
        except BotoCoreError as error:
            raise SendUnavailableError(f"the template {name} can't be read: {error}") from error
        return content.get("Subject", ""), content.get("Text", ""), content.get("Html", "")

    def findings(self, sender: str) -> dict[str, str]:
        """What speaks against sending from this address, which may have a name: a word to accept it by, and the reason."""
        found = {}
        with _asking("GetAccount"):
            account = self._client.get_account()
        if not account.get("ProductionAccessEnabled", False):
            found["sandbox"] = "the account is in SES's sandbox: it reaches verified addresses only, 200 a day"
        address = bare_address(sender)
        if not any(self._verified(identity) for identity in identities(address)):
            found["sender"] = f"neither {address} nor its domain is verified in SES"
        return found

    def make(self, template: MailTemplate) -> None:
        """SES has the template, from now on or since before. Raises NoTemplateError with the reason for which SES refuses it."""
        content: EmailTemplateContentTypeDef = {
            "Subject": template.subject,
            "Text": template.text,
            "Html": template.html,
        }
        with _asking("CreateEmailTemplate"):
            try:
                self._client.create_email_template(TemplateName=template.name, TemplateContent=content)
            except ClientError as error:
                if _code(error) in ("BadRequestException", "LimitExceededException"):
                    raise NoTemplateError(f"SES refuses the template: {error}") from error
                if _code(error) != "AlreadyExistsException":
                    raise

    def render(self, template: str, data: Mapping[str, str]) -> None:
        """SES renders the mail without sending it. Raises RenderError with its reason, and SendUnavailableError also for a
        template that SES does not have: nobody says how soon it has one that was just made.
        """
        content = json.dumps(rendering_data(data), ensure_ascii=False)
        with _asking("TestRenderEmailTemplate"):
            try:
                self._client.test_render_email_template(TemplateName=template, TemplateData=content)
            except ClientError as error:
                if _code(error) == "BadRequestException":
                    raise RenderError(f"SES can't render {template}: {redacted(error)}") from error
                raise

    def _verified(self, identity: str) -> bool:
        with _asking("GetEmailIdentity"):
            try:
                found = self._client.get_email_identity(EmailIdentity=identity)
            except ClientError as error:
                if _code(error) == "NotFoundException":
                    return False
                raise
        return bool(found.get("VerifiedForSendingStatus", False))


def identities(address: str) -> Iterator[str]:
    """What may be verified for an address: itself, its domain, each domain above (source: ses-identities)."""
    yield address
    labels = address.rpartition("@")[2].split(".")
    for first in range(max(1, len(labels) - 1)):
        yield ".".join(labels[first:])


def _code(error: ClientError) -> str:
    return error.response["Error"].get("Code", "")


@contextmanager
def _asking(operation: str) -> Iterator[None]:
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise SendUnavailableError(f"{operation}: {error}") from error
