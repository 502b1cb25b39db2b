"""What a month costs, as docs/limits.md shows it. Computed from the bill that `onlyonce report` shows."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from docs.quotas import ACCOUNTS, USERS, Account, words
from ops.bill.bill import Bill, expected
from ops.bill.entries import LAPS
from ops.bill.prices import MILLION
from ops.bill.units import Sending

A_MONTH = timedelta(days=31)


def costs() -> str:
    """By users and account, with `sendBatchSize` auto and the default retention; without what takes longer than a month."""
    head = "| users | account | the month takes | SES | beside it | of that, the accounts' reads | the stack itself | all |"
    rows = [head, "|---|---|---|---|---|---|---|---|"]
    paid = [(users, account) for users in USERS for account in ACCOUNTS[:2] if account.takes(users) < A_MONTH]
    rows += [_row(users, account) for users, account in paid]
    return "\n".join(rows)


def items(figures: Mapping[str, Any]) -> str:
    """What a million messages cost beside SES: the bill's expectation, and what `make bench-scale` has metered."""
    month = next(one for one in figures["sizes"] if one["users"] == MILLION)
    head = "| item | unit | computed | metered | $ computed | $ metered |"
    rows = [head, "|---|---|---|---|---|---|", *map(_item, month["items"])]
    rows.append(f"| all | | | | {month['computed_dollars']:.2f} | {month['dollars']:.2f} |")
    return "\n".join(rows)


def _item(one: Mapping[str, Any]) -> str:
    counts = " | ".join(
        f"{one[name]:,.0f}" if one[name] >= 100 else f"{one[name]:.2f}" for name in ("computed", "metered")
    )
    return (
        f"| {one['name']} | {one['unit']} | {counts} | {one['computed_dollars']:.2f} | {one['metered_dollars']:.2f} |"
    )


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
