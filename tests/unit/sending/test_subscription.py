"""A Subscription event of SES: who wants what, and since when."""

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.errors import InvalidMessageError
from shared.keys import to_tag
from shared.sending.subscription import Choice, choice
from simulation.stack import LIST, STACK, TOPIC

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)


def subscription(
    user_id: str, *, out: bool, at: str = "2026-11-02T09:00:00.000Z", topic: str = TOPIC
) -> dict[str, Any]:
    """As AWS's own sample has it (source: ses-choice-event), with our tags."""
    status = [{"topicName": topic, "subscriptionStatus": "OptOut" if out else "OptIn"}]
    return {
        "eventType": "Subscription",
        "mail": {"messageId": "ses-1", "tags": {"onlyonce-stack": [STACK], "onlyonce-user": [to_tag(user_id)]}},
        "subscription": {
            "contactList": LIST, "timestamp": at, "source": "UnsubscribeHeader",
            "newTopicPreferences": {"unsubscribeAll": False, "topicSubscriptionStatus": status},
            "oldTopicPreferences": {"unsubscribeAll": False, "topicSubscriptionStatus": []},
        },
    }  # fmt: skip


@pytest.mark.parametrize("out", [True, False])
def test_it_says_what_a_user_wants_and_since_when(out: bool) -> None:
    assert choice(subscription("Zoë", out=out), STACK, TOPIC) == Choice("Zoë", out, AT)


def test_who_wants_nothing_at_all_wants_not_this_either() -> None:
    event = subscription("ann", out=False, topic="news")
    event["subscription"]["newTopicPreferences"]["unsubscribeAll"] = True
    assert choice(event, STACK, TOPIC) == Choice("ann", True, AT)


def test_what_is_none_of_ours_says_nothing() -> None:
    assert choice(subscription("ann", out=True), "onlyonce-eu", TOPIC) is None
    assert choice(subscription("ann", out=True, topic="news"), STACK, TOPIC) is None
    assert choice({**subscription("ann", out=True), "eventType": "Send"}, STACK, TOPIC) is None
    others: tuple[Any, ...] = (None, "", {}, [])
    assert [choice(other, STACK, TOPIC) for other in others] == [None] * 4


@pytest.mark.parametrize("part", ["timestamp", "newTopicPreferences"])
def test_one_that_lacks_what_it_should_say_is_refused(part: str) -> None:
    event = subscription("ann", out=True)
    del event["subscription"][part]
    with pytest.raises(InvalidMessageError, match="a Subscription event can't be read"):
        choice(event, STACK, TOPIC)


def test_one_whose_user_can_not_be_read_is_refused() -> None:
    event = subscription("ann", out=True)
    event["mail"]["tags"]["onlyonce-user"] = ["!"]
    with pytest.raises(InvalidMessageError):
        choice(event, STACK, TOPIC)
