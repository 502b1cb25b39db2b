"""The fake SES refuses what is beyond its limits, and only that (I4 is tried against it)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from simulation.fakes.ses import FakeSesClient, LostAnswer, refused
from simulation.fakes.wire import Wire

RATE, DAY = "Maximum sending rate exceeded.", "Daily message quota exceeded."
ACCEPTED = "accepted"
REQUEST: dict[str, Any] = {
    "Destination": {"ToAddresses": ["ann@example.com"]},
    "Content": {"Template": {"TemplateName": "usage-1", "TemplateData": "{}"}},
    "EmailTags": [],
}


class Account:
    """A fake SES and its clock."""

    def __init__(self, **limits: Any) -> None:
        self.now = datetime(2026, 11, 1, 6, tzinfo=UTC)
        self.ses = FakeSesClient(lambda: self.now, Wire(), {"usage-1": ("", "", "")}, **limits)

    def ask(self, after_s: float = 0.0) -> str:
        """What SES says to an ask that is made so much later than the one before."""
        self.now += timedelta(seconds=after_s)
        try:
            self.ses.send_email(**REQUEST)
        except ClientError as error:
            said, status = error.response["Error"], error.response["ResponseMetadata"]["HTTPStatusCode"]
            assert (said["Code"], status) == ("TooManyRequestsException", 429)
            return said["Message"]
        return ACCEPTED


def test_a_second_holds_its_rate() -> None:
    account = Account(rate=3)
    assert [account.ask() for _ in range(5)] == [ACCEPTED] * 3 + [RATE] * 2
    assert (len(account.ses.inbox), account.ses.asks, account.ses.refused) == (3, 5, 2)


def test_a_long_rest_is_worth_one_second() -> None:
    account = Account(rate=2)
    assert [account.ask(3600)] + [account.ask() for _ in range(2)] == [ACCEPTED, ACCEPTED, RATE]


def test_at_its_rate_it_refuses_nothing() -> None:
    account = Account(rate=4)
    assert {account.ask(0.25) for _ in range(100)} == {ACCEPTED}


def test_a_refused_ask_costs_nothing() -> None:
    account = Account(rate=1)
    assert [account.ask(0.5) for _ in range(5)] == [ACCEPTED, RATE, ACCEPTED, RATE, ACCEPTED]


def test_a_rate_below_one_a_second() -> None:
    account = Account(rate=0.5)
    assert [account.ask(1) for _ in range(4)] == [ACCEPTED, RATE, ACCEPTED, RATE]


def test_it_may_accept_less_than_it_tells() -> None:
    account = Account(rate=10, accepts=1)
    assert [account.ask(), account.ask(0.9), account.ask(0.1)] == [ACCEPTED, RATE, ACCEPTED]
    assert account.ses.get_account()["SendQuota"]["MaxSendRate"] == 10


def test_a_lowered_rate_holds_at_once() -> None:
    account = Account(rate=10)
    account.ask()
    account.ses.rate = 1
    assert [account.ask(), account.ask()] == [ACCEPTED, RATE]


def test_the_day_is_the_last_24_hours() -> None:
    account = Account(daily=2)
    hour, day = 3600, 86_400
    assert [account.ask(), account.ask(hour), account.ask()] == [ACCEPTED, ACCEPTED, DAY]
    assert account.ask(day - hour - 1) == DAY
    assert account.ses.get_account()["SendQuota"]["SentLast24Hours"] == 2
    assert [account.ask(1), account.ask()] == [ACCEPTED, DAY]


@pytest.mark.parametrize(("daily", "answer"), [(0, DAY), (-1, ACCEPTED)])
def test_no_mail_a_day_and_no_limit(daily: float, answer: str) -> None:
    assert Account(daily=daily).ask() == answer


def test_a_script_takes_precedence_and_is_no_refusal_of_its_own() -> None:
    account = Account(daily=0, answers=[None, refused("TooManyRequestsException", RATE, 429)])
    assert [account.ask() for _ in range(3)] == [ACCEPTED, RATE, DAY]
    assert account.ses.refused == 1


@pytest.mark.parametrize("accepted", [True, False])
def test_a_lost_answer_is_noted(accepted: bool) -> None:
    account = Account(rate=1, answers=[LostAnswer(accepted=accepted)])
    with pytest.raises(LostAnswer):
        account.ask()
    assert account.ses.unanswered == ["ann@example.com"]
    assert account.ask() == (RATE if accepted else ACCEPTED)
