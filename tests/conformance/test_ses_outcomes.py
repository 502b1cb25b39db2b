"""What a test can order to become of mail, and how the sender is told of it (sources: ses-bounces, ses-delays)."""

from datetime import datetime
from typing import Any

import pytest

from local.faults.orders import OUTCOMES
from tests.conformance.account import Account, eventually
from tests.conformance.ses_account import EventLog, SesAccount, refusal

EVERY_TYPE = ("SEND", "DELIVERY", "DELIVERY_DELAY", "BOUNCE", "COMPLAINT")
TO = "user-20@example.com"


@pytest.fixture
def ses(aws: Account) -> SesAccount:
    """An account of its own."""
    return SesAccount(aws)


def told(ses: SesAccount, outcome: str, count: int) -> tuple[str, list[dict[str, Any]]]:
    """The id of a mail whose outcome is ordered, and its first events."""
    ses.admin("PUT", {"outcomes": [{"to": "^USER-.*0@", "outcome": outcome}]})
    log = EventLog(ses, *EVERY_TYPE)
    message_id = ses.send(TO, ConfigurationSetName=log.configuration_set)
    return message_id, log.first(count)


def suppressed(ses: SesAccount) -> dict[str, Any]:
    """What the suppression list says of the recipient; AssertionError if it is not there."""
    assert not (missing := [] if TO in listed(ses) else [TO]), missing
    found: dict[str, Any] = ses.v2.get_suppressed_destination(EmailAddress=TO)["SuppressedDestination"]
    return found


def listed(ses: SesAccount) -> list[str]:
    """The addresses on the suppression list."""
    found = ses.v2.list_suppressed_destinations()["SuppressedDestinationSummaries"]
    return [one["EmailAddress"] for one in found]


def test_an_address_can_bounce_and_is_suppressed_from_then_on(ses: SesAccount) -> None:
    """Permanent/General; the list names the mail and the feedback that put it there."""
    message_id, (sent, bounced) = told(ses, "bounce", 2)
    assert [sent["detail-type"], bounced["detail-type"]] == ["Email Sent", "Email Bounced"]
    bounce = bounced["detail"]["bounce"]
    assert (bounce["bounceType"], bounce["bounceSubType"]) == ("Permanent", "General")
    assert [one["emailAddress"] for one in bounce["bouncedRecipients"]] == [TO]
    why = suppressed(ses)
    assert (why["Reason"], why["Attributes"]) == (
        "BOUNCE",
        {"MessageId": message_id, "FeedbackId": bounce["feedbackId"]},
    )
    again = ses.send(TO)
    eventually(lambda: ses.mail(again)["Became"] == ["suppressed"], within_s=3)
    assert ses.mail(ses.send("user-21@example.com"))["Undelivered"] == []


def test_a_full_mailbox_bounces_for_now(ses: SesAccount) -> None:
    """Transient/MailboxFull: SES has given up, and the address is not suppressed."""
    message_id, (_, bounced) = told(ses, "mailboxfull", 2)
    bounce = bounced["detail"]["bounce"]
    assert (bounce["bounceType"], bounce["bounceSubType"]) == ("Transient", "MailboxFull")
    assert (ses.mail(message_id)["Became"], listed(ses)) == (["bounced"], [])


def test_an_address_can_complain_and_is_suppressed_from_then_on(ses: SesAccount) -> None:
    message_id, (_, delivered, complained) = told(ses, "complaint", 3)
    assert [delivered["detail-type"], complained["detail-type"]] == ["Email Delivered", "Email Complaint Received"]
    assert suppressed(ses)["Reason"] == "COMPLAINT"
    assert ses.mail(message_id)["Became"] == ["delivered", "complained"]


def test_a_delivery_can_be_delayed(ses: SesAccount) -> None:
    """Email Delivery Delayed with the guide's fields, and the delivery after it."""
    message_id, (_, delayed, delivered) = told(ses, "delay", 3)
    assert (delayed["detail-type"], delayed["detail"]["eventType"]) == ("Email Delivery Delayed", "DeliveryDelay")
    delay = delayed["detail"]["deliveryDelay"]
    assert delay["delayType"] == "TransientCommunicationFailure"
    assert [one["emailAddress"] for one in delay["delayedRecipients"]] == [TO]
    assert {"status", "diagnosticCode"} <= set(delay["delayedRecipients"][0])
    assert datetime.fromisoformat(delay["expirationTime"]) > datetime.fromisoformat(delay["timestamp"])
    assert delivered["detail-type"] == "Email Delivered"
    eventually(lambda: ses.mail(message_id)["Became"] == ["delivered"], within_s=3)


def test_only_what_the_destination_names_is_told(ses: SesAccount) -> None:
    """A delay that nobody asked for is none to the sender."""
    ses.admin("PUT", {"outcomes": [{"to": "@", "outcome": "delay"}]})
    log = EventLog(ses, "SEND", "DELIVERY")
    ses.send(TO, ConfigurationSetName=log.configuration_set)
    assert [event["detail-type"] for event in log.first(2)] == ["Email Sent", "Email Delivered"]
    with pytest.raises(AssertionError):
        log.first(3)


def test_who_is_suppressed_is_the_accounts_and_the_sets_choice(ses: SesAccount) -> None:
    """Without the reason BOUNCE nobody is put on the list for one; nor are the simulator's addresses."""
    ses.v2.put_account_suppression_attributes(SuppressedReasons=["COMPLAINT"])
    message_id, _ = told(ses, "bounce", 2)
    ses.v2.put_account_suppression_attributes(SuppressedReasons=["BOUNCE", "COMPLAINT"])
    simulated = ses.send("bounce@simulator.amazonses.com")
    eventually(lambda: ses.mail(simulated)["Became"] == ["bounced"], within_s=3)
    assert (ses.mail(message_id)["Became"], listed(ses)) == (["bounced"], [])


def test_the_first_rule_that_fits_counts_until_it_is_taken_back(ses: SesAccount) -> None:
    every = [{"to": "nobody@", "outcome": outcome} for outcome in OUTCOMES]
    rules = [{"to": "20@", "outcome": "delivered"}, {"to": "0@", "outcome": "bounce"}, *every]
    assert ses.admin("PUT", {"outcomes": rules})["outcomes"] == rules
    undelivered = [ses.mail(ses.send(f"user-{n}@example.com"))["Undelivered"] for n in (10, 20, 21)]
    assert undelivered == [["user-10@example.com"], [], []]
    assert ses.admin("PUT", {"outcomes": None})["outcomes"] == []
    assert ses.mail(ses.send("user-30@example.com"))["Undelivered"] == []


@pytest.mark.parametrize(
    "rules",
    [
        {"to": "@", "outcome": "bounce"},
        [{"to": "@"}],
        [{"to": "(", "outcome": "bounce"}],
        [{"to": "@", "outcome": "x"}],
    ],
)
def test_a_malformed_order_is_explained(ses: SesAccount, rules: object) -> None:
    status, text = ses.own_url("PUT", "ses", {"outcomes": rules})
    assert (status, "mailboxfull" in text) == (400, True)
    assert refusal(ses.v2.get_suppressed_destination, EmailAddress=TO).code == "NotFoundException"
