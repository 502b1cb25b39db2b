"""What a message costs in units, before any price: counted from the code and, where only running it can tell, assumed."""

import math
from dataclasses import dataclass
from datetime import timedelta

from shared.outbox.new_message import RETENTION
from shared.pacing.pace import Pace
from shared.pacing.plan import HORIZON
from shared.pacing.timetable import Timetable
from shared.sending.grouping import Grouping
from shared.sending.order import BATCH_LEAD
from shared.sweeping.intervals import SWEEP_EVERY
from shared.sweeping.lap_schedule import gap
from shared.times import from_micros

# Held by tests: a month on the fakes is metered, and its items are measured (tests/unit/ops/bill).
WRITE_UNIT_BYTES, READ_UNIT_BYTES = 1024, 4096
"""What a unit pays for (source: ddb-write-unit)."""
WRITES = 5
"""Of a message: produce, claim, begin_send, mark_sent, mark_delivered."""
INDEX_WRITES = 2
"""Of the index `unfinished`: into it, and out of it."""
READS = 1.5
"""By `send`, before it asks; by `feedback`, as of a moment ago, whether a Send event is news."""
LOOK_WRITES = 3
"""A look of the sweeper at a message that waits: the item, and its place in the index, which moves."""
ITEM_BYTES = 528
"""Of a message whose story is over."""
LOG_LINES = 3
"""claim, mark_sent, mark_delivered."""
LOG_BYTES = 695
"""Of these lines together; the last one is its own metric (ADR 43 D2)."""
STARTED_BYTES = 35
"""Of each message in the line that names what an execution of several carries."""
METRICS_ALWAYS, METRICS_SENDING = 9, 8
"""Of the stack's own: those that each sweep counts, and those of a month without trouble."""
TRANSITIONS = 2
"""Of the state machine, for each execution that meets no trouble (ADR 2)."""
EVENTS = 2
"""Of SES for each mail: Send, Delivery."""

# Documented.
STORED_MORE_BYTES = 100
"""Charged with each item (source: ddb-stored-item)."""

# Assumed: only a real account tells.
ASK_S = 0.1
"""What an ask of SES takes."""
SLEEP_S = 0.5
"""What a function sleeps until its slot: Wait knows whole seconds, so half a second on average."""
FEEDBACK_S = 0.05
"""From 2.5 ms of CPU, measured without TLS, which take 17 ms of a function of 256 MB (ADR 43 D5)."""
CLAIM_S = 0.01
PRODUCE_S = 1 / 2724
"""A row, as measured against a stand-in (docs/bench/producer.md)."""
SWEEP_S = 1.0
LAP_S_PER_MB = 0.02
METRICS_BYTES = 450
"""Of the metrics of one invocation of claim or send. Of its own lines Lambda writes only those of failed ones."""
SCANNED_BYTES = 6200
"""Of a user's usage: two months of 44 events of JSON (ADR 35)."""
RESULT_BYTES = 400
"""Of a user's row in the query's result."""
STREAM_BATCH = 2000
"""Records that `claim` gets together at most."""
SMALL_GB, CLAIM_GB, LARGE_GB = 256 / 1024, 512 / 1024, 1769 / 1024
MEMORY_GB = {"producer": LARGE_GB, "claim": CLAIM_GB, "send": SMALL_GB, "sweeper": LARGE_GB, "feedback": SMALL_GB}
"""Of each function."""


@dataclass(frozen=True)
class Sending:
    """How a month is sent: what an expectation rests on."""

    rate: float
    """Mails a second, headroom taken off."""
    daily: int | None
    """Mails in 24 hours, headroom taken off; None: without limit."""
    batch: int = 0
    """`sendBatchSize`; 0: auto."""
    plan: str = "NONE"
    """The account's at SES."""
    retention: timedelta = RETENTION
    sweep_every: timedelta = SWEEP_EVERY

    @property
    def grouping(self) -> Grouping:
        """As `claim` groups a full batch."""
        return Grouping.of(self.rate, STREAM_BATCH, self.batch)

    @property
    def size(self) -> int:
        """Mails of an execution."""
        return self.grouping.size

    @property
    def lives_s(self) -> float:
        """What an execution's function takes, asleep or at work."""
        if self.size == 1:
            return ASK_S + SLEEP_S
        return ASK_S + BATCH_LEAD.total_seconds() + SLEEP_S + (self.size - 1) * self.grouping.stride / self.rate

    @property
    def months_kept(self) -> float:
        return self.retention / timedelta(days=365.25 / 12)

    def slot(self, mail: int) -> timedelta:
        """When the n-th mail is due, from the first one's on. The rate must not be 0."""
        timetable = Timetable(Pace(self.rate, self.daily))
        return from_micros(timetable.slot(mail)) - from_micros(timetable.slot(0))

    def takes(self, mails: int) -> timedelta:
        return self.slot(max(0, mails - 1))

    def looks(self, mails: int) -> float:
        """Of the sweeper, at each message on average, while it waits for its slot: one at a message that has none when it is
        produced, because that lies beyond the horizon.
        """
        parts = min(mails, 200)
        return sum(self.slot(number * mails // parts) > HORIZON for number in range(parts)) / max(1, parts)

    def lap_bytes(self, mails: int) -> float:
        """What a lap of the accounts reads, where every month that is kept has so many messages."""
        return mails * self.months_kept * ITEM_BYTES

    def lap_units(self, mails: int) -> float:
        """Of an eventually consistent read: half of a consistent one (source: ddb-reads)."""
        return self.lap_bytes(mails) / READ_UNIT_BYTES / 2

    def laps(self, mails: int) -> int:
        """Of the accounts: some while the month is open, one when it is over, and one that drops what was kept (ADR 14)."""
        lap = timedelta(seconds=self.lap_bytes(mails) / 2**20 * LAP_S_PER_MB)
        apart = gap(lap, self.lap_units(mails))
        return (math.ceil(self.takes(mails) / apart) - 1 if apart and mails > 1 else 0) + 2
