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
from shared.pacing.reputation import Harm
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
NEWS = "DeliveryDelay"
"""SES goes on trying: what came of it another event tells (source: ses-delays)."""
BY_SES = frozenset({"OnAccountSuppressionList", "Suppressed", "UnsubscribedRecipient"})
"""Subtypes of a bounce, and of a complaint, that SES makes itself: it has not sent the mail (source: ses-suppression,
ses-subscriptions)."""
_COUNTED_BY_SES = frozenset({"Suppressed"})
"""Those of its own list, which the account's bounces include all the same (source: ses-suppression-counts)."""
_NO_COMPLAINT = "not-spam"
_SIMULATOR = "@simulator.amazonses.com"


@dataclass(frozen=True)
class Evidence:
    """One event about one of our messages."""

    transition: Transition | None
    """None: it is news, and moves nothing."""
    key: Key
    fence: int
    ses_message_id: str
    reason: str
    harm: Harm | None = None
    """What it adds to the account's reputation."""


def evidence(detail: Any, stack: str) -> Evidence | None:
    """What the event says about a message of this stack. None: it is none of ours, or says nothing that matters here.

    Raises InvalidMessageError for an event that claims to be ours and can't be read. A transient bounce is as final for
    its mail as any other: SES tells of it when it has stopped trying (source: ses-bounces). An
    automatic reply ("out of the office") may come as Transient/General, so that reason alone does not prove a loss.
    """
    mail, kind = _part(detail, "mail"), _kind(detail)
    transition = _verdict(kind, detail)
    if _tag(mail, STACK_TAG) != stack:
        if transition is transitions.MARK_UNRENDERED and _only_by_configuration_set(mail, stack):
            said = _reason(detail) or f"SES says {kind}"
            raise InvalidMessageError(f"{said}; which message that was, no tag tells: mail {mail.get('messageId')!r}")
        return None
    if transition is None and kind != NEWS:
        return None
    user, period, fence = (_tag(mail, name) for name in (USER_TAG, PERIOD_TAG, FENCE_TAG))
    ses_message_id = mail.get("messageId")
    if user is None or period is None or not _FENCE.fullmatch(fence or "") or not isinstance(ses_message_id, str):
        raise InvalidMessageError(f"the {kind} event's tags {mail.get('tags')!r} name no message")
    key, harm = Key.of(from_tag(user), period), _harm(detail, mail)
    return Evidence(transition, key, int(fence or 0), ses_message_id, _reason(detail), harm)


def _verdict(kind: str, detail: Any) -> Transition | None:
    transition = VERDICTS.get(kind)
    reported = transition in (transitions.MARK_BOUNCED, transitions.MARK_COMPLAINED)
    return transitions.MARK_SUPPRESSED if reported and not BY_SES.isdisjoint(_subtypes(detail)) else transition


def _harm(detail: Mapping[str, Any], mail: Mapping[str, Any]) -> Harm | None:
    """Hard bounces and complaints, as far as SES counts them (source: ses-counted)."""
    bounce, complaint = _part(detail, "bounce"), _part(detail, "complaint")
    if _to_simulator(mail) or not BY_SES.isdisjoint(_subtypes(detail) - _COUNTED_BY_SES):
        return None
    if bounce.get("bounceType") == "Permanent":
        return Harm.BOUNCED
    return Harm.COMPLAINED if complaint and complaint.get("complaintFeedbackType") != _NO_COMPLAINT else None


def _subtypes(detail: Any) -> frozenset[str]:
    found = _part(detail, "bounce").get("bounceSubType"), _part(detail, "complaint").get("complaintSubType")
    return frozenset(one for one in found if isinstance(one, str))


def _to_simulator(mail: Mapping[str, Any]) -> bool:
    to = mail.get("destination")
    return isinstance(to, list) and bool(to) and all(str(one).lower().endswith(_SIMULATOR) for one in to)


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
    if not BY_SES.isdisjoint(_subtypes(detail)):
        return f"suppressed: {', '.join(sorted(_subtypes(detail)))}"
    if bounce:
        return f"bounced: {bounce.get('bounceType')}/{bounce.get('bounceSubType')}"
    if complaint:
        return f"complained: {complaint.get('complaintFeedbackType') or 'no type given'}"
    if delay := _part(detail, "deliveryDelay"):
        return f"delayed: {delay.get('delayType')}"
    if _part(detail, "failure"):
        return f"SES could not render it: {redacted(_part(detail, 'failure').get('errorMessage'))}"
    if _part(detail, "reject"):
        return f"SES rejected it: {redacted(_part(detail, 'reject').get('reason'))}"
    return ""
