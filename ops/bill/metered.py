"""A bill by what was metered at AWS's endpoint: each item as it happened, whatever design made it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ops.bill import prices
from ops.bill.bill import Bill
from ops.bill.entries import INVOKED, MOVED, READ, TIME, WRITTEN, Entry, entry, logs, mails, query
from ops.bill.prices import GB

NOTE = (
    f"AWS's list prices in {prices.REGION} for what was counted, without free tiers, discounts and taxes. Not in it: what "
    "stands whether mails are sent or not (alarms, dashboards, schedules, secrets), servers, and data that leaves AWS."
)


@dataclass(frozen=True)
class Metered:
    """What AWS charges for, counted since the meter was set back."""

    calls: Mapping[str, int] = field(default_factory=dict)
    """Of the API, by service (as signatures name it) and operation: `dynamodb.UpdateItem`, `ses.SendEmail`."""
    written: Mapping[str, float] = field(default_factory=dict)
    """Write units by table, of an index by `table/index`."""
    read: Mapping[str, float] = field(default_factory=dict)
    """Read units, likewise."""
    executions: int = 0
    transitions: int = 0
    """Of standard executions."""
    invocations: Mapping[str, int] = field(default_factory=dict)
    """By function."""
    billed: Mapping[str, float] = field(default_factory=dict)
    """GB-seconds by function, its starts included."""
    logged: Mapping[str, int] = field(default_factory=dict)
    """Bytes that CloudWatch has taken in, by log group."""
    metrics: int = 0
    """Different ones of one's own that were measured."""
    sqs_requests: int = 0
    events: int = 0
    """Of one's own, put onto a bus of EventBridge."""
    scheduled: int = 0
    """Invocations by EventBridge Scheduler."""
    s3_writes: int = 0
    """PUT, COPY, POST, LIST."""
    s3_reads: int = 0
    """GET and all other requests that cost something."""
    scanned_bytes: int = 0
    """By Athena, 10 MB a query at least."""
    asked: int = 0
    """Requests to SES to send a mail."""
    accepted: int = 0
    """Mails (recipients) that it took."""
    stored_bytes: int = 0
    """In tables at the time of reading, with what is charged with each item and index entry."""
    backed_up_bytes: int = 0
    """Of them, in tables with point-in-time recovery."""

    @property
    def write_units(self) -> float:
        return sum(self.written.values())

    @property
    def read_units(self) -> float:
        return sum(self.read.values())

    @property
    def gb_seconds(self) -> float:
        return sum(self.billed.values())

    @property
    def log_bytes(self) -> int:
        return sum(self.logged.values())


def bill_of(metered: Metered, *, months_kept: float = 1, plan: str = "NONE") -> Bill:
    """What was counted, in dollars; what lies in tables is kept for so many months. `Bill.total` has SES's mails in it."""
    return Bill([one for one in _entries(metered, months_kept, plan) if one.quantity], NOTE)


def _entries(metered: Metered, months_kept: float, plan: str) -> list[Entry]:
    return [
        mails(metered.accepted, plan, measured=True),
        entry(WRITTEN, metered.write_units, prices.WRITE_UNIT, measured=True),
        entry(READ, metered.read_units, prices.READ_UNIT, measured=True),
        entry(
            "DynamoDB: messages kept, and their backup",
            metered.backed_up_bytes / GB * months_kept,
            prices.STORED,
            measured=True,
        ),
        entry(INVOKED, sum(metered.invocations.values()), prices.INVOCATION, measured=True),
        entry(TIME, metered.gb_seconds, prices.GB_SECOND, measured=True),
        entry(MOVED, metered.transitions, prices.TRANSITION, measured=True),
        *logs(metered.log_bytes / GB, measured=True),
        query(metered.scanned_bytes, measured=True),
    ]
