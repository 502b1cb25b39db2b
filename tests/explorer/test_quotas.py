"""An account's quotas slow a month down. Nothing is stuck, lost or sent twice, and nobody has to do anything (ADR 27)."""

from dataclasses import dataclass

import pytest

from tests.explorer.chaos import ANSWERS, Fate, Mood
from tests.explorer.month import Month
from tests.explorer.platform import START
from tests.explorer.quotas import THROTTLED, Bucket, Quotas

CALM = {
    "months": 1, "daily": -1.0, "lasts": 1_800.0, "calls": 0.0, "answers": 0.0, "skew": 0.0, "wakes_late": 0.0, "doubles": 0.0,
    "stream_twice": 0.0, "stream_lost": 0.0, "events_lost": 0.0, "events_twice": 0.0, "sweeps_left_out": 0.0, "sweeps_twice": 0.0,
    "decisions": 0, "by_hand": False, "quota_changes": False, "fates": tuple(Fate), "ses": ANSWERS, "outcomes": 0.0,
}  # fmt: skip
"""Nothing goes wrong but what the quotas refuse. Where a tenth bounced, the campaign would brake."""
AUTO, ONE = 0, 1
SHARDS = 4
"""Of a new table's stream, each with one claim at a time (source: ddb-stream-shards)."""


@dataclass
class Account:
    """An account that sends a month, and in how many seconds it must be done."""

    quotas: Quotas
    within: float
    batch: int = AUTO
    rate: float = 14.0
    users: int = 300
    failing: str = ""
    """An error in which some executions end."""

    def send(self) -> Month:
        mood = Mood(users=self.users, batch=self.batch, rate=self.rate, **CALM)  # type: ignore[arg-type]
        return Month("a month", mood=mood, quotas=self.quotas, lanes=SHARDS)


ACCOUNTS = {
    # 300 mails take 24 seconds at 14 a second less the headroom, and the first goes out in the sixth.
    "10 functions at a time": lambda: Account(Quotas(functions=10), within=32),
    "10 functions, one mail an execution": lambda: Account(Quotas(functions=10), within=250, batch=ONE),
    "4 functions at a time": lambda: Account(Quotas(functions=4), within=250),
    "1 function, so that the state machine gives up": lambda: Account(
        Quotas(functions=1), within=2_000, batch=ONE, users=400, failing=THROTTLED
    ),
    "150 starts a second, and none saved up": lambda: Account(
        Quotas(calls={"states.": Bucket(1, 150)}), within=60, batch=ONE, rate=500.0, users=600
    ),
    "5 starts a second": lambda: Account(Quotas(calls={"states.": Bucket(20, 5)}), within=60, rate=50.0),
    "2 starts a second, so that the SDK tries no more": lambda: Account(
        Quotas(calls={"states.": Bucket(20, 2)}), within=1_000, batch=ONE, rate=50.0, users=1_500
    ),
    "500 transitions a second, and none saved up": lambda: Account(
        Quotas(transitions=Bucket(1, 500)), within=30, batch=ONE, rate=500.0, users=600
    ),
    "10 transitions a second": lambda: Account(Quotas(transitions=Bucket(1, 10)), within=150, batch=ONE),
    "30 open executions, so that the stream gives up": lambda: Account(Quotas(open_executions=30), within=3_000, batch=ONE),
    "10 open executions": lambda: Account(Quotas(open_executions=10), within=900),
    "GetAccount once a second": lambda: Account(Quotas(calls={"ses.GetAccount": Bucket(1, 1)}), within=40),
    "40 writes of the outbox a second": lambda: Account(Quotas(calls={"outbox.UpdateItem": Bucket(100, 40)}), within=100),
    "40 inserts a second": lambda: Account(Quotas(calls={"outbox.BatchExecute": Bucket(100, 40)}), within=100),
    # each process reads the pin and the campaign there, before its first ask
    "10 calls of the control table a second": lambda: Account(
        Quotas(calls={"control.": Bucket(20, 10)}), within=3_200, batch=ONE
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ACCOUNTS)
def test_a_quota_makes_a_month_slower_and_nothing_else(name: str) -> None:
    account = ACCOUNTS[name]()
    month = account.send()
    verdict = month.run()
    assert verdict.broken is None
    assert verdict.mails == account.users
    assert account.quotas.refused, "the quota is not met"
    assert (max(mail.accepted_at for mail in month.platform.ses.inbox) - START).total_seconds() <= account.within
    told = [str(event) for event in verdict.story.events]
    assert not any("operator resumes" in one for one in told), "the campaign was paused"
    assert not account.failing or any(f"fails: {account.failing}" in one for one in told)
