"""What a month costs beside SES, item by item: metered, and as the bill expects it. The items have the names of the bill."""

from collections.abc import Sequence

from bench.scale.month import Month
from bench.scale.scenario import Scenario
from ops.bill import prices
from ops.bill.bill import expected
from ops.bill.entries import (
    INVOKED,
    KEPT,
    LAPS,
    MAILS,
    MOVED,
    READ,
    STREAMED,
    TIME,
    TOLD,
    WRITTEN,
    Entry,
    entry,
    logs,
    of_query,
)
from ops.bill.prices import GB
from ops.bill.units import STORED_MORE_BYTES

SCANS = "outbox.Scan"
"""Of the accounts."""


def metered(month: Month, scenario: Scenario) -> list[Entry]:
    """What was counted. How many bytes of events a user has is not: the query is taken as the bill expects it."""
    counts, users = month.counts, scenario.users
    kept = users * (month.item_bytes + STORED_MORE_BYTES) / GB * scenario.sending.months_kept
    return [
        entry(WRITTEN, counts.write_units, prices.WRITE_UNIT),
        entry(READ, sum(counts.read_units.values()) - counts.read_units[SCANS], prices.READ_UNIT),
        entry(LAPS, counts.read_units[SCANS], prices.READ_UNIT),
        entry(STREAMED, counts.records, prices.STREAM_READ),
        entry(KEPT, kept, prices.STORED),
        entry(INVOKED, sum(counts.invocations.values()), prices.INVOCATION),
        entry(TIME, sum(counts.gb_seconds.values()), prices.GB_SECOND),
        entry(MOVED, counts.transitions, prices.TRANSITION),
        entry(TOLD, counts.invocations["feedback"], prices.AWS_EVENT),
        *logs(counts.log_bytes / GB),
        *of_query(users, None),
    ]


def computed(scenario: Scenario) -> list[Entry]:
    """What the bill expects of such a month."""
    return [one for one in expected(scenario.users, scenario.sending).entries if not one.standing and one.name != MAILS]


def dollars(entries: Sequence[Entry]) -> float:
    return sum(one.dollars for one in entries)
