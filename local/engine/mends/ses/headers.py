"""The headers that a sender adds to a mail of SES v2, and those that a raw message brings (source: ses-headers)."""

import re
from collections import Counter
from email.message import EmailMessage
from typing import Any

from local.engine.mends.ses.refusals import Reason, RefusedError

Headers = list[tuple[str, str]]
MOST = 15
MOST_TOGETHER = 996
"""Characters of a name and its value."""
_NAME = re.compile(r"[!-9;-@A-~]{1,126}")
_VALUE = re.compile(r"[ -~]{1,995}")
_SET_BY_SES = re.compile(
    "bcc|cc|content-disposition|content-type|date|from|message-id|mime-version|reply-to|return-path|subject|to"
)
_ONCE = re.compile(
    "accept-?language|archived-at|auto-submitted|bounces-to|comments|content-.+|delivered-to|disposition-.+|dkim-signature"
    "|domainkey-signature|errors-to|importance|in-reply-to|keywords|list-.+|message-.+|organization|original-.+|precedence"
    "|priority|references|return-receipt-to|sender|sensitivity|solicitation|thread-.+|user-agent|vbr-info"
)
_OF_PARTS = re.compile("content-.+|mime-version|from|to|cc|bcc|subject")


def own(items: Any) -> Headers:
    """The headers of a request's list of Name and Value. Raises RefusedError."""
    headers = [(str(item.get("Name", "")), str(item.get("Value", ""))) for item in items or []]
    if len(headers) > MOST:
        raise RefusedError(Reason.INVALID, f"A message has at most {MOST} headers of its own.")
    for name, value in headers:
        _check(name, value)
    for name, times in Counter(name.lower() for name, _ in headers).items():
        if times > 1 and _ONCE.fullmatch(name):
            raise RefusedError(Reason.INVALID, f"Duplicate header '{name}'.")
    return headers


def of_raw(message: EmailMessage) -> Headers:
    """What a raw message's headers say besides its sender, recipients, subject and parts."""
    return [(name, str(value)) for name, value in message.items() if not _OF_PARTS.fullmatch(name.lower())]


def overridden(headers: Headers, by: Headers) -> Headers:
    """`headers` without those that `by` has, whatever their letter case, and then `by`."""
    names = {name.lower() for name, _ in by}
    return [*((name, value) for name, value in headers if name.lower() not in names), *by]


def _check(name: str, value: str) -> None:
    if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
        raise RefusedError(Reason.INVALID, f"Invalid header <{name}>: a character is not allowed, or it is too long.")
    if len(name) + len(value) > MOST_TOGETHER:
        raise RefusedError(Reason.INVALID, f"Header <{name}> has more than {MOST_TOGETHER} characters with its value.")
    if _SET_BY_SES.fullmatch(name.lower()):
        raise RefusedError(Reason.INVALID, f"Header <{name}> is set by SES and cannot be a header of one's own.")
