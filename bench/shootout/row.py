"""One line of docs/bench/shootout.json: a contestant under a fault, in figures."""

from dataclasses import dataclass
from typing import Any

from bench.shootout.about import About
from bench.shootout.run import Plan, Ran
from local.stack.stage_settings import STAGE, settings_of
from ops.bill.metered import bill_of, of_a_million

DAYS_A_MONTH = 365 / 12
CUT_SHORT = "…: ended before it came to rest."
"""What the sign says of a row that timed out."""


@dataclass(frozen=True)
class Row:
    """A mail is one that the month owes: figures are per user, whatever was sent."""

    contestant: str
    fault: str
    twice: int
    """Users with two mails or more."""
    none: int
    """Users without a mail who are not held either."""
    held: int
    """Users whom the design shows to a person."""
    ses_calls_per_mail: float
    drain_ratio: float | None
    """From the first call of SES to the last mail that it accepted, to N/rate; null if it accepted none. Where another sender
    takes its share, to N by what that leaves.
    """
    aws_calls_per_mail: float
    transitions_per_mail: float
    write_units_per_mail: float
    gb_seconds_per_mail: float
    dollars_per_million: float
    """Beside SES's own price and what stands whether mails are sent or not."""
    after_start_s: float | None
    """From the producer's start to the last mail that SES accepted, beyond N/rate."""
    refused: int
    """Calls that SES refused."""
    mails: int
    """That SES accepted."""
    astray: int
    """Mails to nobody of the users."""
    kills: int
    """How often all senders were killed."""
    killed: int
    """Processes that these kills ended, busy or not."""
    lost_answers: int
    """Of SES, after it had accepted."""
    producer_starts: int
    timed_out: bool
    """It was ended before it had come to rest."""
    users: int
    rate: float
    seed: int
    commit: str
    measured_at: str
    machine: str
    versions: str


def row_of(plan: Plan, ran: Ran, about: About) -> Row:
    metered, users, never = ran.metered, plan.users, not ran.verdict.mails
    calls = sum(metered.calls.values())
    dollars = of_a_million(bill_of(metered, months_kept=months_kept()), users).total
    return Row(
        contestant=plan.contestant.name,
        fault=plan.fault.name,
        twice=ran.verdict.twice,
        none=ran.verdict.none,
        held=ran.verdict.held,
        ses_calls_per_mail=round(ran.calls / users, 3),
        drain_ratio=None if never else round((ran.last_accepted_s - ran.first_asked_s) / plan.ideal_s, 3),
        aws_calls_per_mail=round(calls / users, 2),
        transitions_per_mail=round(metered.transitions / users, 2),
        write_units_per_mail=round(metered.write_units / users, 2),
        gb_seconds_per_mail=round(metered.gb_seconds / users, 4),
        dollars_per_million=round(dollars, 2),
        after_start_s=None if never else round(ran.last_accepted_s - plan.ideal_s, 1),
        refused=ran.refused,
        mails=ran.verdict.mails,
        astray=ran.verdict.astray,
        kills=ran.kills,
        killed=ran.killed,
        lost_answers=ran.lost_answers,
        producer_starts=ran.producer_starts,
        timed_out=ran.timed_out,
        users=users,
        rate=plan.rate,
        seed=plan.seed,
        **about.fields(plan.contestant),
    )


def months_kept() -> float:
    """How long ours keeps an item; what another design leaves in a table is charged for as long."""
    settings: dict[str, Any] = settings_of(STAGE)
    return float(settings["retentionDays"]) / DAYS_A_MONTH
