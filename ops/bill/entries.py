"""The items of a bill, as they are expected: from the units that a message takes, at AWS's prices."""

from dataclasses import dataclass

from ops.bill import prices, units
from ops.bill.prices import GB, Price
from ops.bill.units import Sending

MAILS = "SES: mails"
WRITTEN, READ, LAPS = "DynamoDB: writes", "DynamoDB: reads", "DynamoDB: reads of the accounts, at most"
INVOKED, TIME = "Lambda: invocations", "Lambda: time"
KEPT, STREAMED = "DynamoDB: messages kept, and their backup", "DynamoDB: what the stream tells"
TOLD = "EventBridge: SES's events"
SWEPT, SWEEPING = "Lambda: sweeps", "Lambda: time of the sweeps"
MOVED, LOGGED = "Step Functions: state transitions", "CloudWatch: logs taken in"
"""Names of the items that AWS can tell of."""
ALARMS, DASHBOARDS, SECRETS = 22, 1, 1
LOGS_KEPT_MONTHS = 3
RESULT_KEPT_MONTHS = 14 / 30
LEAST_SCANNED_BYTES = 10 * 2**20
"""Athena charges no less (source: athena-bytes)."""


@dataclass(frozen=True)
class Entry:
    name: str
    quantity: float
    unit: str
    dollars: float
    measured: bool = False
    """As it happened; else as it is expected of so many messages."""
    standing: bool = False
    """For the calendar month, whatever is sent."""


def entry(name: str, quantity: float, price: Price, *, measured: bool = False, standing: bool = False) -> Entry:
    return Entry(name, quantity, price.unit, price.of(quantity), measured, standing)


def mails(accepted: int, plan: str, *, measured: bool = False) -> Entry:
    """The mails that SES takes. A plan that is not in the table costs as none."""
    return entry(MAILS, accepted, prices.SES_MAIL.get(plan, prices.SES_MAIL["NONE"]), measured=measured)


def of_messages(messages: int, sending: Sending) -> list[Entry]:
    """All delivered, and nothing goes wrong."""
    looks = messages * sending.looks(messages) if sending.rate > 0 else 0
    laps = sending.laps(messages) if sending.rate > 0 else 1
    lap_bytes = sending.lap_bytes(messages) * laps
    executions = messages / sending.size
    kept = messages * (units.ITEM_BYTES + units.STORED_MORE_BYTES) / GB * sending.months_kept
    grouped = executions + messages / units.STREAM_BATCH
    line_bytes = units.LOG_BYTES + (units.STARTED_BYTES if sending.size > 1 else 0)
    return [
        mails(messages, sending.plan),
        entry(WRITTEN, messages * (units.WRITES + units.INDEX_WRITES) + looks * units.LOOK_WRITES, prices.WRITE_UNIT),
        entry(READ, messages * units.READS + looks / 2, prices.READ_UNIT),
        entry(LAPS, sending.lap_units(messages) * laps, prices.READ_UNIT),
        entry(STREAMED, messages * units.WRITES, prices.STREAM_READ),
        entry(KEPT, kept, prices.STORED),
        entry(INVOKED, messages * units.EVENTS + grouped, prices.INVOCATION),
        entry(TIME, _seconds(messages, executions, lap_bytes, sending), prices.GB_SECOND),
        entry(MOVED, executions * units.TRANSITIONS, prices.TRANSITION),
        entry(TOLD, messages * units.EVENTS, prices.AWS_EVENT),
        *logs((messages * line_bytes + grouped * units.METRICS_BYTES) / GB),
    ]


def logs(gigabytes: float, *, measured: bool = False) -> list[Entry]:
    return [
        entry(LOGGED, gigabytes, prices.LOGGED, measured=measured),
        entry("CloudWatch: logs kept", gigabytes * LOGS_KEPT_MONTHS, prices.LOGS_KEPT, measured=measured),
    ]


def _seconds(messages: int, executions: float, lap_bytes: float, sending: Sending) -> float:
    """Gigabyte-seconds of all functions, without the sweeps that find nothing."""
    small = messages * units.EVENTS * units.FEEDBACK_S + executions * sending.lives_s
    large = messages * units.PRODUCE_S + lap_bytes / 2**20 * units.LAP_S_PER_MB
    return small * units.SMALL_GB + messages * units.CLAIM_S * units.CLAIM_GB + large * units.LARGE_GB


def of_query(messages: int, scanned_bytes: float | None) -> list[Entry]:
    """`scanned_bytes`: where Athena was asked; else as much as the sample's events have."""
    scanned = messages * units.SCANNED_BYTES if scanned_bytes is None else scanned_bytes
    result = messages * units.RESULT_BYTES / GB * RESULT_KEPT_MONTHS
    return [
        query(scanned, measured=scanned_bytes is not None),
        entry("S3: the query's result", result, prices.OBJECTS_KEPT),
    ]


def query(scanned_bytes: float, *, measured: bool) -> Entry:
    return entry(
        "Athena: read by the query", max(scanned_bytes, LEAST_SCANNED_BYTES) / GB, prices.SCANNED, measured=measured
    )


def standing(sending: Sending) -> list[Entry]:
    """What the stack costs in a month in which nothing is sent, beside what is stored."""
    sweeps = prices.HOURS_A_MONTH * 3600 / sending.sweep_every.total_seconds()
    return [
        entry("SES: the plan", 1, prices.SES_PLAN.get(sending.plan, prices.SES_PLAN["NONE"]), standing=True),
        entry(SWEPT, sweeps, prices.INVOCATION, standing=True),
        entry(SWEEPING, sweeps * units.SWEEP_S * units.LARGE_GB, prices.GB_SECOND, standing=True),
        entry("EventBridge: schedules", sweeps, prices.SCHEDULED, standing=True),
        entry("CloudWatch: metrics", units.METRICS_ALWAYS + units.METRICS_SENDING, prices.METRIC, standing=True),
        entry("CloudWatch: alarms", ALARMS, prices.ALARM, standing=True),
        entry("CloudWatch: dashboard", DASHBOARDS, prices.DASHBOARD, standing=True),
        entry("Secrets Manager: the key of the unsubscribe links", SECRETS, prices.SECRET, standing=True),
    ]
