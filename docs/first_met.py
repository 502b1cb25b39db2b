"""Which quotas of AWS a month meets, the first one first, as docs/limits.md shows it. Computed from what AWS documents."""

import json
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from pathlib import Path

from docs.figures import wrapped
from docs.quotas import ACCOUNTS, HEADROOM, Account, Needs, words
from handlers.claim import CLAIMING
from local.stack.stage_settings import settings_of
from ops.bill.units import TRANSITIONS
from shared.keys import SHARDS as INDEX_KEYS
from shared.pacing.plan import HORIZON, OPEN_ORDERS

PARTITIONS = 4
"""Of a new table and of its index, and so the shards of its stream (source: ddb-stream-shards)."""
CLAIMERS = int(settings_of("default")["claimConcurrency"])
"""Functions that claim a shard, as set by default."""
CLAIMS = PARTITIONS * (timedelta(seconds=1) // CLAIMING)
"""A second, where each shard is claimed by one function."""
PRODUCED = json.loads((Path(__file__).parent / "bench/producer.json").read_text())["rows_per_second"]
EVENTS_A_MAIL, FEEDBACK_S = 2, 0.1
"""Send and Delivery, and what one takes in feedback, assumed."""
BESIDE = 2
"""Producer and sweeper."""
SENDING_WRITES = 3
"""Of the table, for each mail: begin_send, mark_sent, mark_delivered."""
KINDS = {"new": (ACCOUNTS[0], 10), "mature": (ACCOUNTS[1], 1_000), "large": (ACCOUNTS[2], 1_000)}
"""From a kind of account to what SES allows it, and its functions at a time (source: lambda-limits)."""
LARGE_FROM = 1_000_000
"""Users; below that a large account's month takes minutes."""
HEAD = """\
| users | account | the month takes | meets | wanted | then | what to do |
|---|---|---|---|---|---|---|"""


@dataclass(frozen=True)
class Quota:
    """What a month wants of one quota, and what it means to meet it."""

    name: str
    limit: float
    wanted: float
    then: str
    to_do: str

    @property
    def met(self) -> bool:
        return self.wanted > self.limit

    def __str__(self) -> str:
        return f"{self.name} | {self.wanted:,.0f} of {self.limit:,.0f} | {self.then} | {self.to_do}"


def first_met() -> str:
    """The quotas that a month meets, by its users and the kind of account; and those that none of these months meets."""
    rows, wanted = [HEAD], list[Quota]()
    for users, (kind, (account, functions)) in product((10_000, 100_000, 1_000_000, 10_000_000), KINDS.items()):
        if kind == "large" and users < LARGE_FROM:
            continue
        quotas = list(_quotas(users, account, functions))
        met = [str(one) for one in quotas if one.met]
        month = f"| {users:,} | {kind}, {account} | {words(account.takes(users))} |"
        rows += [f"{month} {one} |" for one in met or ["none | | SES's rate is the speed | nothing"]]
        wanted += quotas
    return "\n".join([*rows, "", _never_met(wanted)])


def _never_met(quotas: Sequence[Quota]) -> str:
    most = {one.name: one for one in sorted(quotas, key=lambda one: one.wanted / one.limit)}
    told = (f"{one.name} ({one.wanted:,.0f} of {one.limit:,.0f})" for one in most.values() if not one.met)
    return wrapped(f"None of them meets these, whose largest want is: {', '.join(told)}.")


def _quotas(users: int, account: Account, functions: int) -> Iterator[Quota]:
    """With `sendBatchSize` auto, and as many claimers as the pace asks for; in the order in which a month comes to them."""
    needs, daily = Needs.of(account, 0), int(account.daily * (1 - HEADROOM))
    yield _of_claim(account)
    yield from _of_the_table(account)
    yield Quota(
        "Lambda functions at a time", functions,
        needs.functions + PARTITIONS * claimers(account) + account.pace * EVENTS_A_MAIL * FEEDBACK_S + BESIDE,
        "while messages are claimed, some invocations are refused and made again",
        "ask for 100 or more; the doctor says what is there",
    )  # fmt: skip
    yield from _of_step_functions(needs, CLAIMS * claimers(account), min(users, daily * HORIZON.days))
    yield Quota(
        "SES's day", daily, users,
        "each day's share goes out, and the rest a day later", "ask for a higher sending quota in time",
    )  # fmt: skip


def claimers(account: Account) -> int:
    """The `claimConcurrency` that the pace asks for (source: lambda-stream-concurrency)."""
    return max(CLAIMERS, math.ceil(account.pace / CLAIMS))


def _of_claim(account: Account) -> Quota:
    return Quota(
        "messages a second that claim takes off the stream", CLAIMS * CLAIMERS, account.pace,
        "the month takes as long as claim, and the sweeper writes to what waits for it",
        f"set `claimConcurrency` to {claimers(account)}",
    )  # fmt: skip


def _of_the_table(account: Account) -> Iterator[Quota]:
    """An index has writes and partitions of its own (source: ddb-index-own). The producer puts a message into it, and mark_sent
    takes it out. What the sweeper puts off, which waits for longer than ten minutes, comes on top and is not counted.
    """
    then, to_do = "some writes are refused and made again", "nothing: DynamoDB divides a busy partition"
    writes = PRODUCED + CLAIMS * claimers(account) + account.pace * SENDING_WRITES
    yield Quota("writes a second of a new table", 4_000, writes, then, to_do)  # (source: ddb-new-table)
    fullest = (PRODUCED + account.pace) * _keys_together() / INDEX_KEYS
    yield Quota(
        "writes a second of one partition of the index without the sweeper's", 1_000, fullest, then, to_do
    )  # (source: ddb-partition)


def _keys_together() -> int:
    """How many of the index's keys the fullest of its partitions has, in most cases."""
    spreads = product(range(PARTITIONS), repeat=INDEX_KEYS)
    return Counter(max(Counter(spread).values()) for spread in spreads).most_common(1)[0][0]


def _of_step_functions(needs: Needs, claims: int, planned: int) -> Iterator[Quota]:
    """One transition of an execution is at its start, the other at its slot. The smallest quotas that are documented."""
    starts = claims / needs.size
    then, to_do = "starts are refused and made again", "ask for more"
    yield Quota("StartExecution a second", 150, starts, then, to_do)  # (source: sfn-start-rate)
    transitions = starts + (TRANSITIONS - 1) * needs.executions
    yield Quota(
        "state transitions a second", 500, transitions, "executions wait", to_do
    )  # (source: sfn-transition-rate)
    opened = min(planned / needs.size, OPEN_ORDERS)
    yield Quota("open executions", 1_000_000, opened, then, to_do)  # (source: sfn-open)
