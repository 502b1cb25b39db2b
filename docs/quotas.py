"""What AWS's documented quotas mean for a month, as docs/limits.md shows it. Computed, from this project's own arithmetic."""

from dataclasses import dataclass
from datetime import timedelta

from ops.bill.units import TRANSITIONS, Sending

HEADROOM = 0.1
"""The default of the setting."""
USERS = (10_000, 100_000, 200_000, 1_000_000, 10_000_000)


@dataclass(frozen=True)
class Account:
    """What SES allows it."""

    rate: int
    daily: int

    @property
    def pace(self) -> float:
        return self.rate * (1 - HEADROOM)

    @property
    def quota(self) -> int:
        """Of a day, headroom taken off."""
        return int(self.daily * (1 - HEADROOM))

    def takes(self, mails: int) -> timedelta:
        """From the first mail's slot to the last one's."""
        return Sending(self.pace, self.quota).takes(mails)

    def __str__(self) -> str:
        return f"{self.daily:,} a day, {self.rate} a second"


ACCOUNTS = (Account(14, 50_000), Account(200, 1_000_000), Account(500, 10_000_000))


def durations() -> str:
    """How long a month takes, by its users and the account's quota."""
    rows = [f"| users | {' | '.join(map(str, ACCOUNTS))} |", f"|---|{'---|' * len(ACCOUNTS)}"]
    rows += [f"| {users:,} | {' | '.join(words(one.takes(users)) for one in ACCOUNTS)} |" for users in USERS]
    return "\n".join(rows)


def words(time: timedelta) -> str:
    """As the tables say it."""
    minutes = round(time.total_seconds() / 60)
    days, hours = minutes // 1440, minutes % 1440 // 60
    if days >= 10:
        return f"{days} days"
    parts = [(days, "d"), (hours, "h"), (0 if days and hours else minutes % 60, "min")]
    return " ".join(f"{count} {unit}" for count, unit in parts if count) or "1 min"


def quotas() -> str:
    """What the sending needs each second, with one mail an execution and with as many as suit."""
    head = "| account | batch | mails an execution | executions a second | state transitions a second | functions at a time |"
    rows = [head, "|---|---|---|---|---|---|"]
    for account in ACCOUNTS:
        for name, wanted in (("1", 1), ("auto", 0)):
            needs = Needs.of(account, wanted)
            a_second = f"{needs.executions:.0f} | {TRANSITIONS * needs.executions:.0f}"
            rows.append(f"| {account} | {name} | {needs.size} | {a_second} | {needs.functions:.0f} |")
    return "\n".join(rows)


@dataclass(frozen=True)
class Needs:
    """What an account's sending wants."""

    size: int
    """Mails of an execution."""
    executions: float
    """A second."""
    functions: float
    """At a time."""

    @classmethod
    def of(cls, account: Account, wanted: int) -> "Needs":
        """`wanted` as `sendBatchSize`; 0: auto."""
        sending = Sending(account.pace, None, wanted)
        executions = account.pace / sending.size
        return cls(sending.size, executions, executions * sending.lives_s)
