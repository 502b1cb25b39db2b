"""What AWS's documented quotas mean for a month, as docs/limits.md shows it. Computed, from this project's own arithmetic."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from handlers.claim import CLAIMING
from shared.pacing.pace import Pace
from shared.pacing.timetable import Timetable
from shared.sending.grouping import SPACING, Grouping

HEADROOM = 0.1
"""The default of the setting."""
USERS = (10_000, 100_000, 200_000, 1_000_000, 10_000_000)
STREAM_BATCH = 1_000
"""Records that claim gets together at most, and what an execution's claims are taken from."""
ASK_S = 0.1
"""What an ask of SES takes, assumed."""
SLEEP_S = 0.5
"""What a function sleeps until its slot: Wait knows whole seconds, so half a second on average."""
BATCH_LEAD_S = 1.0
"""What one that carries several claims wakes up earlier."""
TRANSITIONS = 2
"""Of the state machine, for each execution that meets no trouble."""
SHARDS = 4
"""Of a new table's stream, each with one claim at a time (source: ddb-stream-shards)."""
CLAIMS_A_SECOND = SHARDS * (timedelta(seconds=1) // CLAIMING)
WRITES_A_MESSAGE = 2
"""To insert or to claim it: the item and its entry in the index."""
EVENTS_A_MAIL, FEEDBACK_S = 2, 0.1
"""Send and Delivery, and what one takes in feedback, assumed."""
BESIDE = 2
"""Producer and sweeper."""
NEW_TABLE_WRITES = 4_000
"""A second (source: ddb-new-table)."""


@dataclass(frozen=True)
class Account:
    """What SES allows it."""

    rate: int
    daily: int

    @property
    def pace(self) -> float:
        return self.rate * (1 - HEADROOM)

    def takes(self, mails: int) -> timedelta:
        """From the first mail's slot to the last one's."""
        timetable = Timetable(Pace(self.pace, int(self.daily * (1 - HEADROOM))))
        return timedelta(microseconds=timetable.slot(mails - 1) - timetable.slot(0))

    def __str__(self) -> str:
        return f"{self.daily:,} a day, {self.rate} a second"


ACCOUNTS = (Account(14, 50_000), Account(200, 1_000_000), Account(500, 10_000_000))


@dataclass(frozen=True)
class Quota:
    """What a month wants of one quota, and what it means to meet it."""

    name: str
    limit: float
    wanted: float
    then: str
    to_do: str

    @property
    def share(self) -> float:
        return self.wanted / self.limit


FUNCTIONS = {"new": (ACCOUNTS[0], 10), "mature": (ACCOUNTS[1], 1_000)}
"""From a kind of account to what SES allows it, and its functions at a time (source: lambda-limits)."""


def first_met() -> str:
    """The quota that a month uses up first, by its users and the kind of account."""
    rows = [
        "| users | account | the month takes | met first | wanted | then | what to do |",
        "|---|---|---|---|---|---|---|",
    ]
    for users in (10**power for power in range(4, 8)):
        for kind, (account, functions) in FUNCTIONS.items():
            quota = max(_quotas(users, account, functions), key=lambda one: one.share)
            wanted = f"{quota.wanted:,.0f} of {quota.limit:,.0f}"
            told = (quota.name, wanted, quota.then, quota.to_do) if quota.share > 1 else ("none", "", "", "")
            rows.append(" | ".join((f"| {users:,}", f"{kind}, {account}", _words(account.takes(users)), *told)) + " |")
    return "\n".join(rows)


def _quotas(users: int, account: Account, functions: int) -> Iterator[Quota]:
    """With `sendBatchSize` auto, which leaves the quotas of Step Functions alone."""
    yield Quota(
        "SES's day", int(account.daily * (1 - HEADROOM)), users,
        "each day's share goes out, and the rest a day later", "ask for a higher sending quota in time",
    )  # fmt: skip
    sending = float(_needs(account, 0)[-1])
    yield Quota(
        "Lambda functions at a time", functions, sending + SHARDS + account.pace * EVENTS_A_MAIL * FEEDBACK_S + BESIDE,
        "while messages are claimed, some invocations are refused and made again",
        "ask for 100 or more; the doctor says what is there",
    )  # fmt: skip
    produced = json.loads((Path(__file__).parent / "bench/producer.json").read_text())["rows_per_second"]
    yield Quota(
        "writes a second of a new outbox table", NEW_TABLE_WRITES, WRITES_A_MESSAGE * (produced + CLAIMS_A_SECOND),
        "while the month is produced, some writes are refused and made again",
        "nothing; later months find a table that has grown",
    )  # fmt: skip


def durations() -> str:
    """How long a month takes, by its users and the account's quota."""
    rows = [f"| users | {' | '.join(map(str, ACCOUNTS))} |", f"|---|{'---|' * len(ACCOUNTS)}"]
    rows += [f"| {users:,} | {' | '.join(_words(one.takes(users)) for one in ACCOUNTS)} |" for users in USERS]
    return "\n".join(rows)


def _words(time: timedelta) -> str:
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
            rows.append(f"| {account} | {name} | {' | '.join(_needs(account, wanted))} |")
    return "\n".join(rows)


def _needs(account: Account, wanted: int) -> tuple[str, ...]:
    size = Grouping.of(account.pace, STREAM_BATCH, wanted).size
    executions = account.pace / size
    lives_s = ASK_S + (SLEEP_S if size == 1 else BATCH_LEAD_S + SLEEP_S + (size - 1) * SPACING.total_seconds())
    return f"{size}", f"{executions:.0f}", f"{TRANSITIONS * executions:.0f}", f"{executions * lives_s:.0f}"
