"""What an SES event proves about a message. The message is found by the tags we gave the mail: no index, no MessageId
needed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.errors import InvalidMessageError
from shared.keys import Key, from_tag
from shared.outbox import transitions
from shared.outbox.transitions import Transition
from shared.redaction import redacted
from shared.rendering.tags import CONFIGURATION_SET_TAG, FENCE_TAG, PERIOD_TAG, STACK_TAG, USER_TAG

_FENCE = re.compile(r"[0-9]{1,18}")

VERDICTS = {
    "Send": transitions.CONFIRM,
    "Delivery": transitions.MARK_DELIVERED,
    "Bounce": transitions.MARK_BOUNCED,
    "Complaint": transitions.MARK_COMPLAINED,
    "Reject": transitions.MARK_UNRENDERED,
    "Rendering Failure": transitions.MARK_UNRENDERED,
}
"""From SES's eventType to the transition that it justifies (source: ses-event-types)."""


@dataclass(frozen=True)
class Evidence:
    """One event about one of our messages."""

    transition: Transition
    key: Key
    fence: int
    ses_message_id: str
    reason: str


def evidence(detail: Any, stack: str) -> Evidence | None:
    """What the event says about a message of this stack. None: it is none of ours, or says nothing final.

    Raises InvalidMessageError for an event that claims to be ours and can't be read. A transient bounce is as final for
    its mail as any other: SES tells of it when it has stopped trying (source: ses-bounces). An
    automatic reply ("out of the office") may come as Transient/General, so that reason alone does not prove a loss.
    """
    mail, kind = _part(detail, "mail"), _kind(detail)
    transition = VERDICTS.get(kind)
    if _tag(mail, STACK_TAG) != stack:
        if transition is transitions.MARK_UNRENDERED and _only_by_configuration_set(mail, stack):
            said = _reason(detail) or f"SES says {kind}"
            raise InvalidMessageError(f"{said}; which message that was, no tag tells: mail {mail.get('messageId')!r}")
        return None
    if transition is None:
        return None
    user, period, fence = (_tag(mail, name) for name in (USER_TAG, PERIOD_TAG, FENCE_TAG))
    ses_message_id = mail.get("messageId")
    if user is None or period is None or not _FENCE.fullmatch(fence or "") or not isinstance(ses_message_id, str):
        raise InvalidMessageError(f"the {kind} event's tags {mail.get('tags')!r} name no message")
    return Evidence(transition, Key.of(from_tag(user), period), int(fence or 0), ses_message_id, _reason(detail))


def _only_by_configuration_set(mail: Mapping[str, Any], stack: str) -> bool:
    """It went through our configuration set and has none of our tags. AWS's own sample of a Rendering Failure event is
    like that (source: ses-rendering-tags).

    Where such an event says that a mail was never sent, one of our messages is SENT and its mail was never sent.
    """
    return _tag(mail, STACK_TAG) is None and _tag(mail, CONFIGURATION_SET_TAG) == stack


def _kind(detail: Any) -> str:
    kind = detail.get("eventType") if isinstance(detail, dict) else None
    return kind if isinstance(kind, str) else ""


def _tag(mail: Mapping[str, Any], name: str) -> str | None:
    """SES events map a tag's name to a list of values."""
    values = _part(mail, "tags").get(name)
    return values[0] if isinstance(values, list) and len(values) == 1 and isinstance(values[0], str) else None


def _part(whole: Any, name: str) -> Mapping[str, Any]:
    """A map inside a map; an empty one where the event has something else: anybody may have made it up."""
    part = whole.get(name) if isinstance(whole, dict) else None
    return part if isinstance(part, dict) else {}


def _reason(detail: Mapping[str, Any]) -> str:
    bounce, complaint = _part(detail, "bounce"), _part(detail, "complaint")
    if bounce:
        return f"bounced: {bounce.get('bounceType')}/{bounce.get('bounceSubType')}"
    if complaint:
        return f"complained: {complaint.get('complaintFeedbackType') or 'no type given'}"
    if _part(detail, "failure"):
        return f"SES could not render it: {redacted(_part(detail, 'failure').get('errorMessage'))}"
    if _part(detail, "reject"):
        return f"SES rejected it: {redacted(_part(detail, 'reject').get('reason'))}"
    return ""
