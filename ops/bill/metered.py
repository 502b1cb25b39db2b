"""A bill by what was metered at AWS's endpoint: each item as it happened, whatever design made it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ops.bill import prices
from ops.bill.bill import Bill
from ops.bill.entries import INVOKED, MAILS, MOVED, READ, TIME, WRITTEN, Entry, entry, logs, mails
from ops.bill.prices import GB

NOTE = (
    f"AWS's list prices in {prices.REGION} for what was counted, without free tiers, discounts and taxes. Not in it: alarms, "
    "dashboards, secrets, keys, servers, data that leaves AWS, and what Athena asks of S3."
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
    """What was counted, in dollars; what lies in tables lies there for so many months. SES's mails are in it."""
    used = [one for one in _of_messages(metered, months_kept, plan) if one.quantity]
    return Bill(
        [*used, entry("CloudWatch: metrics", metered.metrics, prices.METRIC, measured=True, standing=True)], NOTE
    )


def of_a_million(bill: Bill, mails: int) -> Bill:
    """What a million of these mails cost at that rate: without SES, and without what stands whether mails are sent or not."""
    share = prices.MILLION / mails
    used = [one for one in bill.entries if not one.standing and one.name != MAILS]
    scaled = [replace(one, quantity=one.quantity * share, dollars=one.dollars * share) for one in used]
    return Bill(scaled, bill.note)


def _of_messages(metered: Metered, months_kept: float, plan: str) -> list[Entry]:
    alone = metered.stored_bytes - metered.backed_up_bytes
    of_units = {
        WRITTEN: (metered.write_units, prices.WRITE_UNIT),
        READ: (metered.read_units, prices.READ_UNIT),
        "DynamoDB: items kept, and their backup": (metered.backed_up_bytes / GB * months_kept, prices.STORED),
        "DynamoDB: items kept": (alone / GB * months_kept, prices.STORED_ALONE),
        INVOKED: (sum(metered.invocations.values()), prices.INVOCATION),
        TIME: (metered.gb_seconds, prices.GB_SECOND),
        MOVED: (metered.transitions, prices.TRANSITION),
        "SQS: requests": (metered.sqs_requests, prices.QUEUE_REQUEST),
        "EventBridge: events of one's own": (metered.events, prices.OWN_EVENT),
        "EventBridge: schedules": (metered.scheduled, prices.SCHEDULED),
        "S3: writes": (metered.s3_writes, prices.OBJECT_WRITTEN),
        "S3: reads": (metered.s3_reads, prices.OBJECT_READ),
        "Athena: read by queries": (metered.scanned_bytes / GB, prices.SCANNED),
    }
    items = [entry(name, quantity, price, measured=True) for name, (quantity, price) in of_units.items()]
    return [mails(metered.accepted, plan, measured=True), *items, *logs(metered.log_bytes / GB, measured=True)]
