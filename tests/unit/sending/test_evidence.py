"""What an SES event proves."""

from typing import Any

import pytest

from shared.errors import InvalidMessageError
from shared.keys import Key
from shared.outbox.transitions import MARK_UNRENDERED, Transition
from shared.rendering.tags import CONFIGURATION_SET_TAG, STACK_TAG, tags
from shared.sending.evidence import VERDICTS, Evidence, evidence

KEY = Key("Zoë", "2026-10")
STACK = "onlyonce-test"


def event(kind: Any = "Send", **more: Any) -> dict[str, Any]:
    listed = {name: [value] for name, value in tags(STACK, KEY, 7).items()}
    mail = {"messageId": "ses-1", "tags": {**listed, "ses:configuration-set": ["onlyonce-test"]}}
    return {"eventType": kind, "mail": mail, **more}


def tagged(**changes: Any) -> dict[str, Any]:
    """The event with changed tags; None takes one away."""
    made = event()
    changed = {**made["mail"]["tags"], **{f"onlyonce-{name}": value for name, value in changes.items()}}
    made["mail"]["tags"] = {name: value for name, value in changed.items() if value is not None}
    return made


@pytest.mark.parametrize(("kind", "transition"), VERDICTS.items())
def test_each_event_justifies_its_transition(kind: str, transition: Transition) -> None:
    assert evidence(event(kind), STACK) == Evidence(transition, KEY, 7, "ses-1", "")


@pytest.mark.parametrize(
    ("kind", "part", "reason"),
    [
        ("Bounce", {"bounce": {"bounceType": "Permanent", "bounceSubType": "General"}}, "bounced: Permanent/General"),
        (
            "Bounce",
            {"bounce": {"bounceType": "Permanent", "bounceSubType": "OnAccountSuppressionList"}},
            "bounced: Permanent/OnAccountSuppressionList",
        ),
        (
            "Bounce",
            {"bounce": {"bounceType": "Undetermined", "bounceSubType": "Undetermined"}},
            "bounced: Undetermined/Undetermined",
        ),
        (
            "Bounce",
            {"bounce": {"bounceType": "Transient", "bounceSubType": "MailboxFull"}},
            "bounced: Transient/MailboxFull",
        ),
        ("Complaint", {"complaint": {"complaintFeedbackType": "abuse"}}, "complained: abuse"),
        ("Complaint", {"complaint": {"userAgent": "x"}}, "complained: no type given"),
        (
            "Rendering Failure",
            {"failure": {"errorMessage": "no 'x'", "templateName": "t"}},
            "SES could not render it: no 'x'",
        ),
        ("Reject", {"reject": {"reason": "Bad content"}}, "SES rejected it: Bad content"),
    ],
)
def test_the_reason_is_told(kind: str, part: dict[str, Any], reason: str) -> None:
    found = evidence(event(kind, **part), STACK)
    assert found is not None
    assert found.reason == reason


@pytest.mark.parametrize(
    "detail",
    [
        event("Open"),
        event("Click"),
        event("DeliveryDelay"),
        event("Subscription"),
        event(None),
        event(["Send"]),
    ],
)
def test_what_says_nothing_final_is_ignored(detail: dict[str, Any]) -> None:
    assert evidence(detail, STACK) is None


@pytest.mark.parametrize(
    "detail",
    [
        {},
        {"eventType": "Send"},
        {"eventType": "Send", "mail": None},
        {"eventType": "Send", "mail": {"messageId": "m"}},
        {"eventType": "Send", "mail": {"messageId": "m", "tags": None}},
        {"eventType": "Send", "mail": {"messageId": "m", "tags": {}}},
        tagged(stack=["onlyonce-dev"]),
        tagged(stack=["onlyonce-test", "onlyonce-dev"]),
        tagged(stack="onlyonce-test"),
        tagged(stack=None),
    ],
)
def test_what_is_not_of_this_stack_is_ignored(detail: dict[str, Any]) -> None:
    """All stages of an account share one bus, and test sends carry no such tags."""
    assert evidence(detail, STACK) is None


def untagged(kind: Any, configuration_set: str = STACK) -> dict[str, Any]:
    """As AWS's own sample of a Rendering Failure event shows it."""
    return {"eventType": kind, "mail": {"messageId": "ses-1", "tags": {CONFIGURATION_SET_TAG: [configuration_set]}}}


@pytest.mark.parametrize(
    ("kind", "part", "says"),
    [
        ("Rendering Failure", {"failure": {"errorMessage": "no 'x'"}}, "SES could not render it: no 'x'.*'ses-1'"),
        ("Reject", {"reject": {"reason": "Bad content"}}, "SES rejected it: Bad content.*'ses-1'"),
        ("Reject", {}, "SES says Reject.*'ses-1'"),
    ],
)
def test_that_a_mail_was_never_sent_is_not_ignored_where_no_tag_tells_which(
    kind: str, part: dict[str, Any], says: str
) -> None:
    with pytest.raises(InvalidMessageError, match=says):
        evidence({**untagged(kind), **part}, STACK)


@pytest.mark.parametrize("kind", [*VERDICTS, "Open", None, ["Reject"]])
def test_what_has_none_of_our_tags_is_ignored_else(kind: Any) -> None:
    assert evidence(untagged(kind, "onlyonce-dev"), STACK) is None
    if VERDICTS.get(str(kind)) is not MARK_UNRENDERED:
        assert evidence(untagged(kind), STACK) is None


def test_what_another_stack_sent_is_its_own_affair() -> None:
    made = untagged("Reject")
    made["mail"]["tags"][STACK_TAG] = ["onlyonce-dev"]
    assert evidence(made, STACK) is None


@pytest.mark.parametrize(
    "detail", [{"mail": "text"}, {"mail": ["list"]}, {"mail": {"tags": ["list"]}}, {"mail": {"tags": "text"}}]
)
def test_what_is_no_ses_event_at_all_is_ignored(detail: dict[str, Any]) -> None:
    assert evidence({"eventType": "Send", **detail}, STACK) is None


@pytest.mark.parametrize(
    "detail",
    [
        tagged(user=None),
        tagged(user=["!"]),
        tagged(user=[""]),
        tagged(user=["_w"]),
        tagged(period=None),
        tagged(period=["October"]),
        tagged(fence=None),
        tagged(fence=["x"]),
        tagged(fence=["-1"]),
        tagged(fence=["9" * 256]),
        {**event(), "mail": {**event()["mail"], "messageId": None}},
    ],
)
def test_what_claims_to_be_ours_and_names_no_message_is_refused(detail: dict[str, Any]) -> None:
    with pytest.raises(InvalidMessageError):
        evidence(detail, STACK)
