"""The account's suppression list (source: SES developer guide, "account-level suppression list")."""

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


def test_the_account_chooses_its_reasons(ses: SesAccount) -> None:
    """An address listed for a reason that the account does not suppress for is sent to."""
    ses.v2.put_account_suppression_attributes(SuppressedReasons=["COMPLAINT"])
    assert ses.v2.get_account()["SuppressionAttributes"]["SuppressedReasons"] == ["COMPLAINT"]
    assert ses.mail(ses.send(BOUNCED))["Undelivered"] == []
