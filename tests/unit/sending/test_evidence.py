"""What an SES event proves."""

from typing import Any

import pytest

from shared.errors import InvalidMessageError
from shared.keys import Key
from shared.outbox.transitions import (
    MARK_BOUNCED,
    MARK_COMPLAINED,
    MARK_SUPPRESSED,
    MARK_UNRENDERED,
    Transition,
)
from shared.pacing.reputation import Harm
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
            "suppressed: OnAccountSuppressionList",
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


def bounce(sub_type: Any, kind: str = "Permanent") -> dict[str, Any]:
    return event("Bounce", bounce={"bounceType": kind, "bounceSubType": sub_type})


def complaint(**facts: Any) -> dict[str, Any]:
    return event("Complaint", complaint={"complaintSubType": None, **facts})


def to(detail: dict[str, Any], *addresses: Any) -> dict[str, Any]:
    return {**detail, "mail": {**detail["mail"], "destination": list(addresses)}}


@pytest.mark.parametrize(
    ("detail", "transition", "harm"),
    [
        (bounce("General"), MARK_BOUNCED, Harm.BOUNCED),
        (bounce("NoEmail"), MARK_BOUNCED, Harm.BOUNCED),
        (bounce("a subtype of tomorrow"), MARK_BOUNCED, Harm.BOUNCED),
        (bounce(["General"]), MARK_BOUNCED, Harm.BOUNCED),
        (bounce("General", "Transient"), MARK_BOUNCED, None),
        (bounce("MailboxFull", "Transient"), MARK_BOUNCED, None),
        (bounce("Undetermined", "Undetermined"), MARK_BOUNCED, None),
        (bounce("OnAccountSuppressionList"), MARK_SUPPRESSED, None),
        (bounce("UnsubscribedRecipient"), MARK_SUPPRESSED, None),
        (bounce("Suppressed"), MARK_SUPPRESSED, Harm.BOUNCED),
        (complaint(), MARK_COMPLAINED, Harm.COMPLAINED),
        (complaint(complaintFeedbackType="abuse"), MARK_COMPLAINED, Harm.COMPLAINED),
        (complaint(complaintFeedbackType="not-spam"), MARK_COMPLAINED, None),
        (complaint(complaintSubType="OnAccountSuppressionList"), MARK_SUPPRESSED, None),
        (to(bounce("General"), "ann@example.com"), MARK_BOUNCED, Harm.BOUNCED),
        (to(bounce("General"), "bounce+7@simulator.amazonses.com"), MARK_BOUNCED, None),
        (to(bounce("General"), "Bounce@Simulator.AmazonSES.com"), MARK_BOUNCED, None),
        (to(bounce("Suppressed"), "suppressionlist@simulator.amazonses.com"), MARK_SUPPRESSED, None),
        (to(complaint(), "complaint@simulator.amazonses.com"), MARK_COMPLAINED, None),
        (to(bounce("General"), "x@simulator.amazonses.com", "ann@example.com"), MARK_BOUNCED, Harm.BOUNCED),
        (to(bounce("General"), "ann@simulator.amazonses.com.example"), MARK_BOUNCED, Harm.BOUNCED),
        (to(bounce("General")), MARK_BOUNCED, Harm.BOUNCED),
        (to(bounce("General"), None), MARK_BOUNCED, Harm.BOUNCED),
        (event("Send"), VERDICTS["Send"], None),
        (event("Delivery", delivery={"smtpResponse": "250"}), VERDICTS["Delivery"], None),
    ],
)
def test_what_is_suppressed_and_what_counts_against_the_account(
    detail: dict[str, Any], transition: Transition, harm: Harm | None
) -> None:
    found = evidence(detail, STACK)
    assert found is not None
    assert (found.transition, found.harm) == (transition, harm)


def test_a_complaint_of_an_address_on_the_list_says_so() -> None:
    found = evidence(complaint(complaintSubType="OnAccountSuppressionList"), STACK)
    assert found is not None
    assert found.reason == "suppressed: OnAccountSuppressionList"


def test_a_delay_is_news_and_moves_nothing() -> None:
    detail = event(
        "DeliveryDelay", deliveryDelay={"delayType": "MailboxFull", "expirationTime": "2026-11-02T06:00:00Z"}
    )
    assert evidence(detail, STACK) == Evidence(None, KEY, 7, "ses-1", "delayed: MailboxFull")
    assert evidence({**tagged(stack=["onlyonce-dev"]), "eventType": "DeliveryDelay"}, STACK) is None


@pytest.mark.parametrize(
    "detail",
    [
        event("Open"),
        event("Click"),
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
