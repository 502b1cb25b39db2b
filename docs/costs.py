"""What a month costs, as docs/limits.md shows it. Computed from the bill that `onlyonce report` shows."""

from datetime import timedelta

from docs.quotas import ACCOUNTS, USERS, Account, words
from ops.bill.bill import Bill, expected
from ops.bill.entries import LAPS
from ops.bill.units import Sending

A_MONTH = timedelta(days=31)


def costs() -> str:
    """By users and account, with `sendBatchSize` auto and the default retention; without what takes longer than a month."""
    head = "| users | account | the month takes | SES | beside it | of that, the accounts' reads | the stack itself | all |"
    rows = [head, "|---|---|---|---|---|---|---|---|"]
    paid = [(users, account) for users in USERS for account in ACCOUNTS[:2] if account.takes(users) < A_MONTH]
    rows += [_row(users, account) for users, account in paid]
    return "\n".join(rows)


def _row(users: int, account: Account) -> str:
    bill = expected(users, Sending(account.pace, account.quota))
    ses = _sum(bill, "SES: mails")
    standing = sum(entry.dollars for entry in bill.entries if entry.standing)
    beside = bill.total - standing - ses
    dollars = (ses, beside, _sum(bill, LAPS), standing, bill.total)
    told = " | ".join(f"${one:,.2f}" for one in dollars)
    return f"| {users:,} | {account} | {words(account.takes(users))} | {told} |"


def _sum(bill: Bill, name: str) -> float:
    return sum(entry.dollars for entry in bill.entries if entry.name == name)
