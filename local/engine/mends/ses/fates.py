"""What became of each accepted mail, as SES's events say it; for the inbox.

An event that was dropped by order (admin.py) is noted as well: what it would have said happened all the same.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

from local.engine.mends.ses import journal

ACCEPTED = "accepted"
"""Of a mail that no event has told of yet."""
_PASSING = ("sent", "delayed")
LABELS = ("delivered", "complained", "bounced", "suppressed", "unsubscribed", "rejected", "delayed", "sent", ACCEPTED)
_OF_BOUNCES = {
    "OnAccountSuppressionList": "suppressed",
    "Suppressed": "suppressed",
    "UnsubscribedRecipient": "unsubscribed",
}
_OF_EVENTS = {
    "Subscription": "",
    "Send": "sent",
    "Delivery": "delivered",
    "DeliveryDelay": "delayed",
    "Complaint": "complained",
    "Reject": "rejected",
}
_RECIPIENTS = ("bouncedRecipients", "complainedRecipients", "delayedRecipients")
_WORDS = (
    "delayType",
    "bounceType",
    "bounceSubType",
    "complaintFeedbackType",
    "complaintSubType",
    "smtpResponse",
    "reason",
)


class Told(NamedTuple):
    """One event: its eventType, the mail's state by it ("": it changes none), when (ISO 8601), of whom and in which words."""

    event: str
    label: str
    at: str
    recipients: list[str]
    words: str
    dropped: bool


_told: defaultdict[str, list[Told]] = defaultdict(list)


def note(message_id: str, event: str, at: str, about: dict[str, Any], *, dropped: bool) -> None:
    """Keep what an event says; `about` is the object that it carries. One that comes again after a crash is kept once."""
    told = Told(event, _label(event, about), at, list(_recipients(about)), _words(about), dropped)
    if any((one.event, one.recipients) == (event, told.recipients) for one in of(message_id)):
        return
    _told[message_id].append(told)
    journal.append_event(message_id, list(told))


def of(message_id: str) -> list[Told]:
    """What the mail's events said, oldest first."""
    return list(_told.get(message_id, ()))


def labels(message_id: str) -> list[str]:
    """The mail's states: "accepted", "sent" or "delayed" only where nothing more is known, several where recipients differ."""
    found = list(dict.fromkeys(told.label for told in of(message_id) if told.label))
    return [label for label in found if label not in _PASSING] or found[-1:] or [ACCEPTED]


def dropped(message_id: str) -> bool:
    """Whether an event of the mail was dropped, so that its sender does not know."""
    return any(told.dropped for told in of(message_id))


def load() -> None:
    """Take up what was noted before the engine was started."""
    for message_id, told in journal.events():
        _told[message_id].append(Told(*told))


def clear() -> None:
    """Forget everything."""
    _told.clear()


def _label(event: str, about: dict[str, Any]) -> str:
    if about.get("complaintSubType"):
        return "suppressed"
    if event == "Bounce":
        return _OF_BOUNCES.get(about["bounceSubType"], "bounced")
    return _OF_EVENTS[event]


def _recipients(about: dict[str, Any]) -> Iterator[str]:
    yield from about.get("recipients", ())
    for name in _RECIPIENTS:
        yield from (one["emailAddress"] for one in about.get(name, ()))


def _words(about: dict[str, Any]) -> str:
    diagnostics = dict.fromkeys(one["diagnosticCode"] for one in about.get("bouncedRecipients", ()))
    return "; ".join([*(about[name] for name in _WORDS if about.get(name)), *diagnostics])
