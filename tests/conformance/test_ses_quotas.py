"""SES holds an account to its rate, its rolling day and its switch (source: SES developer guide, quotas)."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conformance.account import Account, eventually
from tests.conformance.ses_account import RECIPIENT, SENDER, SesAccount, refusal

SIMULATOR = "success@simulator.amazonses.com"
RATE = "Maximum sending rate exceeded."


@pytest.fixture
def sandbox(aws: Account) -> SesAccount:
    """An account in the sandbox: 1 recipient a second, 200 in 24 hours."""
    account = SesAccount(aws)
    account.v2.put_account_details(
        MailType="TRANSACTIONAL", WebsiteURL="https://example.com", ProductionAccessEnabled=False
    )
    return account


def send_in_time(account: SesAccount, **request: Any) -> None:
    """Send as soon as the rate allows it."""

    def accepted() -> bool:
        try:
            return bool(account.send(**request))
        except ClientError as error:
            if error.response["Error"]["Message"] != RATE:
                raise
            return False

    eventually(accepted, within_s=2)


def test_the_rate_is_enforced(sandbox: SesAccount) -> None:
    """A send above the rate is refused with TooManyRequestsException; a second later the next one passes."""
    sandbox.send(SIMULATOR)
    assert refusal(sandbox.send, SIMULATOR) == (429, "TooManyRequestsException", RATE)
    send_in_time(sandbox, to=SIMULATOR)


def test_v1_calls_it_throttling(sandbox: SesAccount) -> None:
    """The v1 API says Throttling with HTTP 400, and shares the rate with v2."""
    sandbox.send(SIMULATOR)
    message = {"Subject": {"Data": "Usage"}, "Body": {"Text": {"Data": "Hello"}}}
    request = {"Source": SENDER, "Destination": {"ToAddresses": [SIMULATOR]}, "Message": message}
    assert refusal(sandbox.v1.send_email, **request) == (400, "Throttling", RATE)


def test_a_bulk_answer_tells_each_entry(sandbox: SesAccount) -> None:
    """SendBulkEmail answers 200; what exceeded the rate is ACCOUNT_THROTTLED (BulkEmailStatus)."""
    answer = sandbox.v2.send_bulk_email(
        FromEmailAddress=SENDER,
        DefaultContent={"Template": {"TemplateName": sandbox.template(), "TemplateData": "{}"}},
        BulkEmailEntries=[{"Destination": {"ToAddresses": [SIMULATOR]}}] * 2,
    )
    assert [entry["Status"] for entry in answer["BulkEmailEntryResults"]] == ["SUCCESS", "ACCOUNT_THROTTLED"]


def test_the_day_is_enforced(sandbox: SesAccount) -> None:
    """Beyond the day's recipients the code is the same; the message alone tells it from the rate."""
    fifty = {"ToAddresses": [f"user{number}@example.com" for number in range(50)]}
    for _ in range(4):
        send_in_time(sandbox, Destination=fifty)
    assert refusal(sandbox.send) == (429, "TooManyRequestsException", "Daily message quota exceeded.")


def test_quotas_count_recipients(aws: Account) -> None:
    """ "Quotas are based on the number of recipients, rather than on the number of messages." """
    account = SesAccount(aws)
    account.send(Destination={"ToAddresses": [RECIPIENT, "b@example.com"], "BccAddresses": ["c@example.com"]})
    assert account.v2.get_account()["SendQuota"]["SentLast24Hours"] == 3
    assert account.v1.get_send_quota()["SentLast24Hours"] == 3


def test_the_mailbox_simulator_is_outside_the_day(aws: Account) -> None:
    """Mail to the simulator is limited by the rate and does not affect the daily quota."""
    account = SesAccount(aws)
    account.send(SIMULATOR)
    assert len(account.inbox()) == 1
    assert account.v2.get_account()["SendQuota"]["SentLast24Hours"] == 0


def test_get_account_reports_what_is_enforced(sandbox: SesAccount) -> None:
    """GetAccount and GetSendQuota report the limits in force: in the sandbox 200 a day and 1 a second."""
    limits = {"Max24HourSend": 200.0, "MaxSendRate": 1.0, "SentLast24Hours": 0.0}
    assert sandbox.v2.get_account()["SendQuota"] == limits
    quota = sandbox.v1.get_send_quota()
    assert {name: quota[name] for name in limits} == limits


def test_sending_can_be_paused(aws: Account) -> None:
    """PutAccountSendingAttributes(false): SendingPausedException, until it is undone."""
    account = SesAccount(aws)
    account.v2.put_account_sending_attributes(SendingEnabled=False)
    assert account.v2.get_account()["SendingEnabled"] is False
    assert refusal(account.send)[:2] == (400, "SendingPausedException")
    account.v2.put_account_sending_attributes(SendingEnabled=True)
    assert account.send()


def test_a_paused_account_refuses_v1_too(aws: Account) -> None:
    """v1 says AccountSendingPausedException (botocore model ses)."""
    account = SesAccount(aws)
    template = account.template()
    account.v2.put_account_sending_attributes(SendingEnabled=False)
    destination = {"ToAddresses": [RECIPIENT]}
    request = {"Source": SENDER, "Destination": destination, "Template": template, "TemplateData": "{}"}
    assert refusal(account.v1.send_templated_email, **request)[:2] == (400, "AccountSendingPausedException")
