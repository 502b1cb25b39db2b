"""SES in memory: an inbox, an account that refuses what is beyond its limits, and answers that a test can script."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError

from shared.times import Clock
from simulation.fakes.wire import Wire

DAY = timedelta(hours=24)


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
    headers: dict[str, str]
    list_management: dict[str, str]
    accepted_at: datetime


@dataclass
class FakeSesClient:
    """The operations of the SES v2 client that the product uses.

    Beyond its limits it refuses by itself: a token bucket that holds one second's worth, and the mails of a rolling 24
    hours (source: ses-quotas).
    """

    clock: Clock
    wire: Wire
    templates: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    rate: float = 1000.0
    """Mails a second, as `get_account` tells it."""
    daily: float = -1.0
    """Mails in any 24 hours; -1: no limit."""
    accepts: float | None = None
    """Mails a second that are really accepted. None: as many as it tells."""
    answers: list[Exception | None] = field(default_factory=list)
    """What the next asks meet, in order: an exception is raised, None accepts. With none left, the limits decide."""
    inbox: list[Mail] = field(default_factory=list)
    requested: list[str] = field(default_factory=list)
    """The recipient of each request that the product made, in order, also where none arrived here."""
    asked_at: list[datetime] = field(default_factory=list)
    """When each request arrived here, in order."""
    unanswered: list[str] = field(default_factory=list)
    """The recipient of each request whose answer a script has lost."""
    refused: int = 0
    """Asks that were beyond a limit. Scripted refusals are not counted."""
    answers_late: Callable[[], None] = lambda: None
    """Lets the time pass until the answer to an accepted mail has arrived."""
    _tokens: float = field(default=float("inf"), init=False)
    _filled_at: datetime | None = field(default=None, init=False)

    @property
    def asks(self) -> int:
        return len(self.asked_at)

    def send_email(self, **request: Any) -> dict[str, str]:
        self.requested.append(_recipient(request))
        answer = self.wire.call("ses.SendEmail", lambda: self._send(request))
        self.answers_late()
        return answer

    def _send(self, request: dict[str, Any]) -> dict[str, str]:
        self.asked_at.append(self.clock())
        self._fill()
        answer = self.answers.pop(0) if self.answers else self._without_template(request) or self._beyond_limits()
        if isinstance(answer, LostAnswer):
            self.unanswered.append(_recipient(request))
        if answer is not None and not (isinstance(answer, LostAnswer) and answer.accepted):
            raise answer.with_traceback(None)  # a script's answer may be raised many times
        mail = self._accept(request)
        if answer is not None:
            raise answer.with_traceback(None)
        return {"MessageId": mail.message_id}

    def _without_template(self, request: dict[str, Any]) -> ClientError | None:
        name = request["Content"]["Template"]["TemplateName"]
        return None if name in self.templates else refused("NotFoundException", f"Template {name} does not exist", 404)

    def _accept(self, request: dict[str, Any]) -> Mail:
        self._tokens = max(0.0, self._tokens - 1)
        template = request["Content"]["Template"]
        mail = Mail(
            message_id=f"ses-{len(self.inbox) + 1}",
            recipient=_recipient(request),
            template=template["TemplateName"],
            data=json.loads(template["TemplateData"]),
            tags=_named(request["EmailTags"]),
            headers=_named(template.get("Headers", ())),
            list_management=request.get("ListManagementOptions", {}),
            accepted_at=self.clock(),
        )
        self.inbox.append(mail)
        return mail

    def _beyond_limits(self) -> ClientError | None:
        """The refusal that this ask meets. It costs neither a token nor a place in the day."""
        if 0 <= self.daily <= self._sent_last_24_hours():
            text = "Daily message quota exceeded."
        elif self._tokens < 1:
            text = "Maximum sending rate exceeded."
        else:
            return None
        self.refused += 1
        return refused("TooManyRequestsException", text, 429)

    def _fill(self) -> None:
        """Fills the bucket up to now. One second's worth, and never less than one mail, is all it holds."""
        now, rate = self.clock(), self.rate if self.accepts is None else self.accepts
        since = (now - self._filled_at).total_seconds() if self._filled_at else 0.0
        self._tokens = min(max(1.0, rate), self._tokens + since * rate)
        self._filled_at = now

    def _sent_last_24_hours(self) -> int:
        now = self.clock()
        return sum(1 for mail in self.inbox if now - mail.accepted_at < DAY)

    def get_account(self) -> dict[str, Any]:
        def carry_out() -> dict[str, Any]:
            sent = float(self._sent_last_24_hours())
            quota = {"MaxSendRate": self.rate, "Max24HourSend": self.daily, "SentLast24Hours": sent}
            return {"SendQuota": quota, "SendingEnabled": True}

        return self.wire.call("ses.GetAccount", carry_out)

    def get_email_template(self, TemplateName: str) -> dict[str, Any]:
        def carry_out() -> dict[str, Any]:
            if TemplateName not in self.templates:
                raise refused("NotFoundException", f"Template {TemplateName} does not exist", 404)
            subject, text, html = self.templates[TemplateName]
            return {"TemplateContent": {"Subject": subject, "Text": text, "Html": html}}

        return self.wire.call("ses.GetEmailTemplate", carry_out)

    def create_email_template(self, TemplateName: str, TemplateContent: dict[str, str]) -> None:
        def carry_out() -> None:
            if TemplateName in self.templates:
                raise refused("AlreadyExistsException", f"Template {TemplateName} already exists")
            self.templates[TemplateName] = (
                TemplateContent["Subject"],
                TemplateContent["Text"],
                TemplateContent["Html"],
            )

        self.wire.call("ses.CreateEmailTemplate", carry_out)

    def close(self) -> None:
        """Connections are not simulated."""


def refused(code: str, message: str, status: int = 400) -> ClientError:
    """An AWS refusal as the SDK raises it."""
    answer: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "SendEmail")


def _named(pairs: Iterable[dict[str, str]]) -> dict[str, str]:
    return {pair["Name"]: pair["Value"] for pair in pairs}


def _recipient(request: dict[str, Any]) -> str:
    recipient: str = request["Destination"]["ToAddresses"][0]
    return recipient
