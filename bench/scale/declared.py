"""How long things take in the benchmark: declared, so that everybody who runs it has the same AWS. What a function needs of
them decides what its time costs.
"""

import json
from pathlib import Path

from bench.pacing.model import Model
from ops.bill.units import ASK_S, LARGE_GB, MEMORY_GB

PRODUCED = json.loads((Path(__file__).parents[2] / "docs/bench/producer.json").read_text())["rows_per_second"]
"""Rows a second of both passes together, as `make bench-producer` has measured it."""
ANSWERS_MS = (("ses.SendEmail", 1000 * ASK_S), ("states.", 25.0), ("lambda.", 25.0), ("outbox.Scan", 70.0), ("", 5.0))
"""An answer of AWS, by the beginning of the call's name. A page of a scan has a megabyte (as in bench/accounts)."""
CPU_MS = {"claim": 0.9, "send": 2.1, "feedback": 2.3, "sweeper": 0.9}
"""What a call and its work take of a whole core: an event takes `feedback` 2.3 ms and one call, a message `send` 8.3 ms
and four (ADR 43 D5).
"""
START_S = Model.cold[0] / 1000
"""What the start of a function's process takes: as in bench/pacing."""
SLOW_START_S = 2.14
"""The same for `send`, if a start has no more CPU than the function has (ADR 43 D5)."""
BEGINS_MS = 2.0
"""What an invocation takes before and after its work."""
WAKES_MS = 100.0
"""From the time that a Wait is for to the invocation."""
SEND_EVENT_S, DELIVERY_EVENT_S = 1.0, 3.0
"""After SES has accepted a mail."""


def call_ms(operation: str, function: str) -> float:
    """By this function, which has the CPU that its memory buys (source: lambda-memory)."""
    answer = next(ms for name, ms in ANSWERS_MS if operation.startswith(name))
    return answer + CPU_MS[function] * LARGE_GB / MEMORY_GB[function]
