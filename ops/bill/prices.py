"""AWS's list prices: the one table that everything which names dollars computes with. Free tiers, discounts and taxes are
not in it. Each price's fact, in docs/aws-facts.md, has AWS's page and the day on which it was read.
"""

from dataclasses import dataclass

REGION = "us-east-1"
"""Of all of these. Others charge more for some."""
GB = 2**30
HOURS_A_MONTH = 730


@dataclass(frozen=True)
class Price:
    dollars: float
    per: float
    """So many units for those dollars."""
    unit: str
    fact: str
    """Its id in docs/aws-facts.md."""

    def of(self, quantity: float) -> float:
        """In dollars."""
        return quantity * self.dollars / self.per


MILLION = 1_000_000

SES_MAIL = {
    "NONE": Price(0.10, 1000, "mails", "ses-price"),
    "ESSENTIALS": Price(0.16, 1000, "mails", "ses-price"),
    "PRO": Price(0.22, 1000, "mails", "ses-price"),
    "ENTERPRISE": Price(0.23, 1000, "mails", "ses-price"),
}
"""A mail that SES accepts, by the account's plan as GetAccount has it; the first ten million of a month."""
SES_PLAN = {
    "NONE": Price(0, 1, "months", "ses-price"),
    "ESSENTIALS": Price(0, 1, "months", "ses-price"),
    "PRO": Price(105, 1, "months", "ses-price"),
    "ENTERPRISE": Price(500, 1, "months", "ses-price"),
}
"""The plan itself: the account's, whatever is sent."""
TRANSITION = Price(0.025, 1000, "state transitions", "sfn-price")
WRITE_UNIT = Price(0.625, MILLION, "write units", "ddb-price")
READ_UNIT = Price(0.125, MILLION, "read units", "ddb-price")
STORED = Price(0.25 + 0.20, 1, "GB-months", "ddb-price")
"""With point-in-time recovery, which every table of ours has."""
STORED_ALONE = Price(0.25, 1, "GB-months", "ddb-price")
"""Without it."""
STREAM_READ = Price(0, 1, "records", "ddb-stream-price")
INVOCATION = Price(0.20, MILLION, "invocations", "lambda-price")
GB_SECOND = Price(0.0000133334, 1, "GB-seconds", "lambda-price")
"""On arm64, the first 7.5 billion of a month."""
AWS_EVENT = Price(0, 1, "events", "event-price")
OWN_EVENT = Price(1.00, MILLION, "events", "event-price")
SCHEDULED = Price(1.00, MILLION, "invocations", "scheduler-price")
LOGGED = Price(0.50, 1, "GB", "logs-price")
LOGS_KEPT = Price(0.03, 1, "GB-months", "logs-price")
METRIC = Price(0.30, 1, "metric-months", "cw-price")
METRIC_ASKED = Price(0.01, 1000, "metrics", "cw-price")
ALARM = Price(0.10, 1, "alarm-months", "cw-alarm-price")
DASHBOARD = Price(3.00, 1, "dashboard-months", "cw-price")
SCANNED = Price(5.00, 1024, "GB", "athena-bytes")
QUEUE_REQUEST = Price(0.40, MILLION, "requests", "sqs-price")
"""Of a standard queue, the first hundred billion of a month."""
OBJECT_WRITTEN = Price(0.005, 1000, "requests", "s3-request-price")
OBJECT_READ = Price(0.0004, 1000, "requests", "s3-request-price")
OBJECTS_KEPT = Price(0.023, 1, "GB-months", "s3-price")
SECRET = Price(0.40, 1, "secret-months", "secret-price")
