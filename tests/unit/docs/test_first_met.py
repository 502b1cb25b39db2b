"""The quotas that a month meets: claim is slower than a large account, and the setting that is named is enough."""

import pytest

from docs import first_met
from docs.first_met import CLAIMS, KINDS, claimers
from docs.quotas import ACCOUNTS, Account

LARGE = ACCOUNTS[2]


def rows(users: str, kind: str) -> list[str]:
    return [line for line in first_met.first_met().splitlines() if line.startswith(f"| {users} | {kind},")]


def test_ten_million_of_a_large_account_meet_claim_first_and_then_the_table_and_the_day() -> None:
    claim, table, index, day = rows("10,000,000", "large")
    assert "| messages a second that claim takes off the stream | 450 of 400 |" in claim
    assert "`claimConcurrency` to 2" in claim
    assert "writes a second of a new table" in table
    assert "writes a second of one partition of the index" in index
    assert "SES's day" in day


def test_claim_is_fast_enough_for_a_mature_account() -> None:
    assert not any("claim" in row for row in rows("10,000,000", "mature"))


@pytest.mark.parametrize("account", [*(account for account, _ in KINDS.values()), Account(5_000, 100_000_000)])
def test_as_many_claimers_as_are_named_keep_up_and_one_fewer_does_not(account: Account) -> None:
    needed = claimers(account)
    assert needed * CLAIMS >= account.pace
    assert needed == 1 or (needed - 1) * CLAIMS < account.pace


def test_claim_that_is_slower_is_met_by_others_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(first_met, "CLAIMS", 100)
    assert any("180 of 100" in row for row in rows("1,000,000", "mature"))
