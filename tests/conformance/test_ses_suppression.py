"""The account's suppression list (source: SES developer guide, "account-level suppression list")."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.conformance.account import Account
from tests.conformance.ses_account import EventLog, SesAccount, refusal

BOUNCED = "gone@example.org"


@pytest.fixture
def ses(aws: Account) -> SesAccount:
    """An account with one suppressed address."""
    account = SesAccount(aws)
    account.v2.put_suppressed_destination(EmailAddress=BOUNCED, Reason="BOUNCE")
    return account


def test_the_list_can_be_read(ses: SesAccount) -> None:
    """Get and List answer with the address and its reason."""
    found = ses.v2.get_suppressed_destination(EmailAddress=BOUNCED)["SuppressedDestination"]
    assert (found["EmailAddress"], found["Reason"]) == (BOUNCED, "BOUNCE")
    listed = ses.v2.list_suppressed_destinations(Reasons=["BOUNCE"])["SuppressedDestinationSummaries"]
    assert [entry["EmailAddress"] for entry in listed] == [BOUNCED]
    assert ses.v2.list_suppressed_destinations(Reasons=["COMPLAINT"])["SuppressedDestinationSummaries"] == []


def test_an_address_can_be_removed(ses: SesAccount) -> None:
    """After DeleteSuppressedDestination the address is NotFound."""
    ses.v2.delete_suppressed_destination(EmailAddress=BOUNCED)
    missing = refusal(ses.v2.get_suppressed_destination, EmailAddress=BOUNCED)
    assert (missing.status, missing.code) == (404, "NotFoundException")


def test_suppressed_mail_is_accepted_counted_and_bounced(ses: SesAccount) -> None:
    """Taken, counted, not sent: Bounce Permanent/OnAccountSuppressionList."""
    log = EventLog(ses, "SEND", "DELIVERY", "BOUNCE")
    message_id = ses.send(BOUNCED, ConfigurationSetName=log.configuration_set)
    sent, bounced = log.first(2)
    assert [sent["detail-type"], bounced["detail-type"]] == ["Email Sent", "Email Bounced"]
    bounce = bounced["detail"]["bounce"]
    assert (bounce["bounceType"], bounce["bounceSubType"]) == ("Permanent", "OnAccountSuppressionList")
    assert ses.v2.get_account()["SendQuota"]["SentLast24Hours"] == 1
    assert ses.mail(message_id)["Undelivered"] == [BOUNCED]


def test_the_bounce_has_every_field(ses: SesAccount) -> None:
    """Those of the guide, told by SES itself."""
    log = EventLog(ses, "BOUNCE")
    ses.send(BOUNCED, ConfigurationSetName=log.configuration_set)
    (event,) = log.first(1)
    bounce = event["detail"]["bounce"]
    (recipient,) = bounce.pop("bouncedRecipients")
    assert set(recipient) == {"emailAddress", "action", "status", "diagnosticCode"}
    assert (recipient["emailAddress"], recipient["action"], recipient["status"]) == (BOUNCED, "failed", "5.1.1")
    assert "suppression list" in recipient["diagnosticCode"]
    assert set(bounce) == {"bounceType", "bounceSubType", "timestamp", "feedbackId", "reportingMTA"}
    assert bounce["reportingMTA"] == "dns; amazonses.com"
    assert event["detail"]["mail"]["destination"] == [BOUNCED]


def test_somebody_who_complained_is_not_sent_to_either(ses: SesAccount) -> None:
    """Complaint, with the sub type OnAccountSuppressionList."""
    ses.v2.put_suppressed_destination(EmailAddress="angry@example.org", Reason="COMPLAINT")
    log = EventLog(ses, "DELIVERY", "BOUNCE", "COMPLAINT")
    message_id = ses.send("angry@example.org", ConfigurationSetName=log.configuration_set)
    (event,) = log.first(1)
    complaint = event["detail"]["complaint"]
    assert (event["detail-type"], complaint["complaintSubType"]) == (
        "Email Complaint Received",
        "OnAccountSuppressionList",
    )
    assert complaint["complainedRecipients"] == [{"emailAddress": "angry@example.org"}]
    assert (ses.mail(message_id)["Undelivered"], ses.mail(message_id)["Became"]) == (
        ["angry@example.org"],
        ["suppressed"],
    )


def test_letter_case_counts_in_the_list_and_not_for_mail(ses: SesAccount) -> None:
    assert refusal(ses.v2.get_suppressed_destination, EmailAddress="GONE@example.org").code == "NotFoundException"
    assert refusal(ses.v2.delete_suppressed_destination, EmailAddress="Gone@example.org").code == "NotFoundException"
    assert ses.mail(ses.send("Gone <GONE@example.org>"))["Undelivered"] == ["Gone <GONE@example.org>"]


def test_the_list_can_be_filtered_and_has_pages(ses: SesAccount) -> None:
    """By one reason or both, and by when an address was put there; a token that is none is refused."""
    ses.v2.put_suppressed_destination(EmailAddress="angry@example.org", Reason="COMPLAINT")
    ses.v2.put_suppressed_destination(EmailAddress="also@example.org", Reason="BOUNCE")
    everybody = [BOUNCED, "also@example.org", "angry@example.org"]
    assert sorted(listed(ses, Reasons=["COMPLAINT", "BOUNCE"])) == sorted(listed(ses)) == sorted(everybody)
    now, hour = datetime.now(UTC), timedelta(hours=1)
    assert len(listed(ses, StartDate=now - hour, EndDate=now + hour)) == 3
    assert listed(ses, StartDate=now + hour) == listed(ses, EndDate=now - hour) == []
    first = ses.v2.list_suppressed_destinations(PageSize=2)
    rest = ses.v2.list_suppressed_destinations(PageSize=2, NextToken=first["NextToken"])
    pages = [*first["SuppressedDestinationSummaries"], *rest["SuppressedDestinationSummaries"]]
    assert sorted(one["EmailAddress"] for one in pages) == sorted(everybody)
    assert "NextToken" not in rest
    assert refusal(ses.v2.list_suppressed_destinations, NextToken="no token").code == "InvalidNextTokenException"


def listed(ses: SesAccount, **wanted: Any) -> list[str]:
    """The addresses that a listing shows."""
    found = ses.v2.list_suppressed_destinations(**wanted)["SuppressedDestinationSummaries"]
    return [one["EmailAddress"] for one in found]


def test_the_account_chooses_its_reasons(ses: SesAccount) -> None:
    """An address listed for a reason that the account does not suppress for is sent to."""
    ses.v2.put_account_suppression_attributes(SuppressedReasons=["COMPLAINT"])
    assert ses.v2.get_account()["SuppressionAttributes"]["SuppressedReasons"] == ["COMPLAINT"]
    assert ses.mail(ses.send(BOUNCED))["Undelivered"] == []
