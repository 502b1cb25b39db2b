"""One message as a sender asks for it, whichever API operation it came by, and the shape it must have.

Sources: SES API references v1 and v2, botocore models (limits, patterns), SES developer guide "Service
quotas".
"""

import re
import time
import uuid
from dataclasses import dataclass, field

from local.engine.mends.ses import addresses
from local.engine.mends.ses.refusals import Reason, RefusedError

MOST_RECIPIENTS = 50
V1_MESSAGE_BYTES = 10 * 1024 * 1024
V2_MESSAGE_BYTES = 40 * 1024 * 1024
_TAG = re.compile(r"[A-Za-z0-9_-]{1,256}")


@dataclass(frozen=True)
class Content:
    """What the recipient reads; an empty part is absent."""

    subject: str
    text: str = ""
    html: str = ""


@dataclass(frozen=True)
class Template:
    """A template to render with `data`, a JSON object's text; `name` is empty if it came with the request."""

    name: str
    parts: dict[str, str]
    data: str


@dataclass(frozen=True)
class ListManagement:
    """The contact list that a mail belongs to, and its topic; "" for the whole list."""

    list_name: str
    topic: str = ""


@dataclass(frozen=True)
class Mail:
    """A message to accept or refuse; `operation` as MiniStack's inbox spells it, such as "v2.SendEmail"."""

    operation: str
    source: str
    content: Content | Template
    to: list[str]
    cc: list[str] = field(default_factory=list)
    bcc: list[str] = field(default_factory=list)
    reply_to: list[str] = field(default_factory=list)
    configuration_set: str = ""
    tags: list[tuple[str, str]] = field(default_factory=list)
    headers: list[tuple[str, str]] = field(default_factory=list)
    managed_by: ListManagement | None = None
    most_bytes: int = V2_MESSAGE_BYTES

    @property
    def recipients(self) -> list[str]:
        """Everybody it goes to; each counts against the quotas."""
        return [*self.to, *self.cc, *self.bcc]

    @property
    def shown_headers(self) -> list[tuple[str, str]]:
        """Those that a recipient sees besides sender, recipients and subject."""
        return [*([("Reply-To", ", ".join(self.reply_to))] if self.reply_to else []), *self.headers]

    def check_shape(self) -> None:
        """Raise RefusedError for a message that SES refuses whatever the state of the account."""
        for address in (self.source, *self.recipients, *self.reply_to):
            if found := addresses.fault(address):
                raise RefusedError(Reason.INVALID, found)
        if not self.recipients:
            raise RefusedError(Reason.INVALID, "The destination must have at least one recipient.")
        if len(self.recipients) > MOST_RECIPIENTS:
            raise RefusedError(Reason.INVALID, f"Recipient count exceeds {MOST_RECIPIENTS}.")
        self._check_tags()
        self._check_size()

    def _check_tags(self) -> None:
        for text in (text for tag in self.tags for text in tag):
            if not _TAG.fullmatch(text):
                allowed = "only 1 to 256 alphanumeric ASCII characters, '_', and '-' are allowed"
                raise RefusedError(Reason.INVALID, f"Invalid tag name or value <{text}>: {allowed}.")

    def _check_size(self) -> None:
        content = self.content
        parts = (
            content.parts.values() if isinstance(content, Template) else (content.subject, content.text, content.html)
        )
        # The quota counts the message as encoded in base64.
        size = sum(len(part.encode()) for part in parts) * 4 // 3
        if size > self.most_bytes:
            raise RefusedError(Reason.INVALID, f"Message length is more than {self.most_bytes} bytes long: '{size}'.")


def new_message_id() -> str:
    """An id in the form of SES's: region and milliseconds, a UUID, a counter."""
    return f"0100{int(time.time() * 1000):012x}-{uuid.uuid4()}-000000"
