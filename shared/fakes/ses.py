"""SES in memory, with an inbox, and answers that a test can script."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError

from shared.fakes.wire import Wire
from shared.times import Clock


class LostAnswer(ReadTimeoutError):
    """The request went out and no answer came. Whether SES accepted it, only the test knows."""

    def __init__(self, *, accepted: bool) -> None:
        super().__init__(endpoint_url="https://email.test")
        self.accepted = accepted


@dataclass
class Mail:
    """One mail that the fake SES accepted."""

    message_id: str
    recipient: str
    template: str
    data: dict[str, str]
    tags: dict[str, str]
    accepted_at: datetime


@dataclass
class FakeSesClient:
    """The operations of the SES v2 client that the product uses."""

    clock: Clock
    wire: Wire
    templates: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    rate: float = 1000.0
    daily: float = -1.0
    answers: list[Exception | None] = field(default_factory=list)
    """What the next asks meet, in order: an exception is raised, None accepts. With none left, every ask is accepted."""
    inbox: list[Mail] = field(default_factory=list)
    asks: int = 0

    def send_email(self, **request: Any) -> dict[str, str]:
        return self.wire.call("ses.SendEmail", lambda: self._send(request))

    def _send(self, request: dict[str, Any]) -> dict[str, str]:
        self.asks += 1
        answer = self.answers.pop(0) if self.answers else None
        if answer is not None and not (isinstance(answer, LostAnswer) and answer.accepted):
            raise answer
        template = request["Content"]["Template"]
        mail = Mail(
            message_id=f"ses-{len(self.inbox) + 1}",
            recipient=request["Destination"]["ToAddresses"][0],
            template=template["TemplateName"],
            data=json.loads(template["TemplateData"]),
            tags={tag["Name"]: tag["Value"] for tag in request["EmailTags"]},
            accepted_at=self.clock(),
        )
        self.inbox.append(mail)
        if answer is not None:
            raise answer
        return {"MessageId": mail.message_id}

    def get_account(self) -> dict[str, Any]:
        quota = {"MaxSendRate": self.rate, "Max24HourSend": self.daily, "SentLast24Hours": float(len(self.inbox))}
        return self.wire.call("ses.GetAccount", lambda: {"SendQuota": quota, "SendingEnabled": True})

    def get_email_template(self, TemplateName: str) -> dict[str, Any]:
        def carry_out() -> dict[str, Any]:
            if TemplateName not in self.templates:
                raise refused("NotFoundException", f"Template {TemplateName} does not exist", 404)
            subject, text, html = self.templates[TemplateName]
            return {"TemplateContent": {"Subject": subject, "Text": text, "Html": html}}

        return self.wire.call("ses.GetEmailTemplate", carry_out)

    def close(self) -> None:
        """Connections are not simulated."""


def refused(code: str, message: str, status: int = 400) -> ClientError:
    """An AWS refusal as the SDK raises it."""
    answer: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "SendEmail")
