"""What a Subscription event of SES says: a recipient has left SES's own list, or has come back (source: ses-choice-event)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.errors import InvalidMessageError
from shared.keys import from_tag
from shared.rendering.tags import STACK_TAG, USER_TAG
from shared.times import from_text

KIND = "Subscription"


@dataclass(frozen=True)
class Choice:
    """What a user wants from this moment on."""

    user_id: str
    out: bool
    at: datetime


def choice(detail: Any, stack: str, topic: str) -> Choice | None:
    """None: it is another event, of another stack, or of another topic alone. Raises InvalidMessageError for one that claims
    to be ours and can't be read.
    """
    try:
        if detail["eventType"] != KIND or detail["mail"]["tags"].get(STACK_TAG) != [stack]:
            return None
        said = detail["subscription"]
        out = _out(said["newTopicPreferences"], topic)
        (user,) = detail["mail"]["tags"][USER_TAG]
        return None if out is None else Choice(from_tag(user), out, from_text(said["timestamp"]))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        if isinstance(detail, dict) and detail.get("eventType") == KIND:
            raise InvalidMessageError(f"a {KIND} event can't be read: {error!r}") from error
        return None


def _out(wanted: dict[str, Any], topic: str) -> bool | None:
    """None: it says nothing of this topic."""
    if wanted.get("unsubscribeAll"):
        return True
    statuses = {one["topicName"]: one["subscriptionStatus"] for one in wanted.get("topicSubscriptionStatus", ())}
    return statuses[topic] == "OptOut" if topic in statuses else None
